package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.replication.wire.WireSession;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A reading session on one snapshot (spec/protocols.md §6.2). The server gives out only chunks of
 * indexes that were downloaded in this very session.
 *
 * <p>Methods wait, except {@link #chunkAsync}; any thread may call them, several at a time.
 */
public final class ReaderSession implements ChunkSource, StoredSnapshot {
  private final SessionCalls calls;

  ReaderSession(WireSession session, String peer, Duration answerTimeout) {
    calls = new SessionCalls(session, peer, answerTimeout);
  }

  @Override
  public byte[] download(ArchiveName name, int bytesMax) {
    return calls.await(calls.bytes("/download", Map.of("file-name", name.text()), bytesMax));
  }

  /** Downloads and reads an index, whose chunks may be asked for from now on. */
  public ChunkIndex index(ArchiveName name) {
    return ChunkIndex.parse(download(name), name, calls.peer());
  }

  /** As {@link #index(ArchiveName)}; its checksum must be the one that the manifest gives. */
  public ChunkIndex index(ArchiveName name, Digest checksum) {
    return ChunkIndex.parse(download(name), name, calls.peer(), checksum);
  }

  /** The stored, encoded bytes of a chunk, unchecked. */
  public byte[] chunk(Digest digest) {
    return chunk(digest, DataBlob.CHUNK_ENCODED_BYTES_MAX);
  }

  @Override
  public byte[] chunk(Digest digest, int bytesMax) {
    return calls.await(chunkAsync(digest, bytesMax));
  }

  /** As {@link #chunk(Digest)}; completes on an event loop, so hand further work to a pool. */
  @Override
  public CompletableFuture<byte[]> chunkAsync(Digest digest) {
    return chunkAsync(digest, DataBlob.CHUNK_ENCODED_BYTES_MAX);
  }

  private CompletableFuture<byte[]> chunkAsync(Digest digest, int bytesMax) {
    return calls.bytes("/chunk", Map.of("digest", digest.hex()), bytesMax);
  }

  /** Ends the session; what is pending fails. */
  @Override
  public void close() {
    calls.close();
  }
}
