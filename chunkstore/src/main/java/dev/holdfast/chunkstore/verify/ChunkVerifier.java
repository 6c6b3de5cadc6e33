package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.chunk.StoredChunk;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Digest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks chunks, each once however many archives name it: there, decodes, has its digest
 * (spec/engine.md §4.1; of encrypted ones only the frame can be checked). Any thread.
 */
final class ChunkVerifier {
  /** More are counted and not remembered: a store without its chunks must not fill the memory. */
  private static final int BAD_REMEMBERED_MAX = 100_000;

  private final ChunkStore chunks;
  private final boolean setAside;
  private final ChunkBuffers buffers = new ChunkBuffers();
  private final DigestSet goodPlain;
  private final DigestSet goodEncrypted;
  private final Map<Digest, String> bad = new ConcurrentHashMap<>();

  /** What is known of a chunk. */
  sealed interface Outcome {}

  /**
   * Read now.
   *
   * @param storedBytes on disk
   */
  record Good(int storedBytes) implements Outcome {}

  /** Found good before. */
  record Known() implements Outcome {}

  record Bad(String problem) implements Outcome {}

  /**
   * @param setAside whether bad chunks are renamed, so that a good copy can take their place
   */
  ChunkVerifier(Datastore store, boolean setAside) {
    this.chunks = store.chunks();
    this.setAside = setAside;
    this.goodPlain = new DigestSet(store.randomNumber());
    this.goodEncrypted = new DigestSet(store.randomNumber());
  }

  /** Found good before. */
  boolean isGood(Digest digest, boolean encrypted) {
    return good(encrypted).contains(digest);
  }

  private DigestSet good(boolean encrypted) {
    return encrypted ? goodEncrypted : goodPlain;
  }

  Outcome verify(Digest digest, int plainBytes, boolean encrypted) {
    if (isGood(digest, encrypted)) {
      return new Known();
    }
    String before = bad.get(digest);
    if (before != null) {
      return new Bad(before);
    }
    try (StoredChunk chunk = chunks.read(digest, buffers)) {
      ChunkCheck.stored(chunk.bytes(), chunk.length(), digest, plainBytes);
      if (DataBlob.kind(chunk.bytes(), chunk.length()).encrypted() != encrypted) {
        // The chunk is whole; it is the manifest that does not fit.
        return new Bad(
            "found encrypted " + !encrypted + ", expected " + encrypted + ", as the manifest says");
      }
      good(encrypted).add(digest);
      return new Good(chunk.length());
    } catch (BackupException e) {
      return bad(digest, e.text() + renamed(digest, e));
    }
  }

  private Bad bad(Digest digest, String problem) {
    if (bad.size() < BAD_REMEMBERED_MAX) {
      bad.put(digest, problem);
    }
    return new Bad(problem);
  }

  /**
   * What became of it. Judged by itself, without a length: an index that gives a wrong one makes no
   * chunk bad.
   */
  private String renamed(Digest digest, BackupException reason) {
    if (!setAside || reason.kind() == Kind.NOT_FOUND) {
      return "";
    }
    @Nullable String name = chunks.setAside(digest, stored -> isBad(stored, digest));
    return name == null ? "" : ", corrupt chunk renamed to " + name;
  }

  private static boolean isBad(byte[] stored, Digest digest) {
    try {
      ChunkCheck.stored(stored, stored.length, digest, ChunkCheck.LENGTH_UNKNOWN);
      return false;
    } catch (BackupException e) {
      return true;
    }
  }
}
