package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.blob.ZeroChunks;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.Protection;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One archive on its way into a backup session: the upload loop of spec/protocols.md §5.2.
 *
 * <p>Chunks are handed in in archive order. Each is hashed and, if unknown, compressed on a pool
 * and sent; its entry goes into the index only after the answer to its upload, in archive order, up
 * to {@value #ENTRIES_PER_APPEND} entries at a time and one append after the other. What is under
 * way is bounded by a window: handing in waits.
 *
 * <pre>
 *   chunk() ─▶ [hash ─▶ known?] ─no─▶ encode ─▶ POST ─▶ answered ─┐
 *                          └────────────── yes ────────────────────┴▶ ready, in order ─▶ PUT
 * </pre>
 *
 * One thread hands in and finishes. The first failure stops everything and is thrown by the next
 * call.
 */
public final class ArchiveUpload implements ChunkSink {
  /** An append is due when so many are ready: what real clients and pushes send. */
  public static final int ENTRIES_PER_APPEND = 64;

  /**
   * What got ready while an append was under way goes with the next one: over a long line a known
   * archive would otherwise be as slow as its round trips. Some 82 bytes each, and the oldest
   * servers take bodies of 64 KiB (spec/protocols.md §9).
   */
  public static final int ENTRIES_PER_APPEND_MAX = 512;

  /** Entries that wait for their place in the index: known chunks behind one that is on its way. */
  private static final int ENTRIES_WAITING_MAX = 4096;

  private final BackupSession session;
  private final ArchiveName name;
  private final boolean fixed;
  private final int writer;
  private final KnownChunks known;
  private final Executor pool;
  private final ChunkWindow window;
  private final Protection protection;
  private final ZeroChunks zeros;
  private final ChunkBuffers buffers = new ChunkBuffers();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();
  private final MessageDigest checksum = Digest.sha256();
  private long nextOffset;
  private int appended;
  private boolean appending;
  private boolean finishing;
  private @Nullable Throwable failure;
  private UploadStats stats = UploadStats.NONE;

  /**
   * One chunk of the archive; its digest is set when it was hashed, ready when the server has it.
   */
  private static final class Entry {
    final long start;
    final int bytes;
    @Nullable Digest digest;
    boolean ready;

    Entry(long start, int bytes) {
      this.start = start;
      this.bytes = bytes;
    }
  }

  private ArchiveUpload(
      BackupSession session,
      ArchiveName name,
      boolean fixed,
      int writer,
      UploadMeans means,
      ChunkWindow window) {
    this.session = session;
    this.name = name;
    this.fixed = fixed;
    this.writer = writer;
    this.known = means.known();
    this.pool = means.pool();
    this.protection = means.protection();
    this.zeros = new ZeroChunks(protection.codec());
    this.window = window;
  }

  /** Starts an archive of chunks that content has cut, with a window of its own. */
  public static ArchiveUpload dynamic(BackupSession session, ArchiveName name, UploadMeans means) {
    return dynamic(session, name, means, ChunkWindow.ofBytes(ChunkWindow.BYTES_DEFAULT));
  }

  /**
   * @param window what may be under way at a time
   */
  public static ArchiveUpload dynamic(
      BackupSession session, ArchiveName name, UploadMeans means, ChunkWindow window) {
    return new ArchiveUpload(session, name, false, session.createDynamic(name), means, window);
  }

  /**
   * Starts an image of {@code size} bytes, cut at multiples of 4 MiB, the last chunk shorter.
   *
   * @param window what may be under way at a time
   */
  public static ArchiveUpload fixed(
      BackupSession session, ArchiveName name, long size, UploadMeans means, ChunkWindow window) {
    return new ArchiveUpload(session, name, true, session.createFixed(name, size), means, window);
  }

  @Override
  public ChunkBuffers buffers() {
    return buffers;
  }

  /** The next chunk's content, to be hashed, and compressed and sent if the server lacks it. */
  @Override
  public void chunk(byte[] plain, int length) {
    Entry entry = enter(length);
    CompletableFuture<Void> mine = new CompletableFuture<>();
    window.enter(entry.bytes);
    onPool(entry, mine, () -> hash(entry, plain, mine));
  }

  /**
   * The next chunk as a store holds it (a push): sent as it is, if the server does not know it.
   *
   * @param stored gives the encoded bytes, called on the pool and only if they are needed
   */
  public void stored(Digest digest, int plainBytes, StoredChunk stored) {
    Entry entry = enter(plainBytes);
    CompletableFuture<Void> mine = new CompletableFuture<>();
    if (!claim(entry, digest, mine)) {
      return;
    }
    try {
      window.enter(entry.bytes);
    } catch (RuntimeException e) {
      mine.completeExceptionally(e);
      throw e;
    }
    onPool(
        entry,
        mine,
        () -> {
          byte[] encoded = stored.read();
          var unused = send(entry, digest, mine, encoded, encoded.length);
        });
  }

  /** Reads a chunk from a store. */
  @FunctionalInterface
  public interface StoredChunk {
    /** The encoded bytes, exactly; the array is given away. */
    byte[] read();
  }

  /** Waits until everything is stored and listed, and completes the index. */
  public ManifestFile finish() {
    lock.lock();
    try {
      finishing = true;
    } finally {
      lock.unlock();
    }
    appendReady();
    lock.lock();
    try {
      waitWhile(() -> appending || !entries.isEmpty());
    } finally {
      lock.unlock();
    }
    Digest csum = Digest.of(checksum.digest());
    session.closeIndex(writer, fixed, appended, nextOffset, csum);
    return new ManifestFile(name, protection.mode(), nextOffset, csum);
  }

  /** What was done so far; may be called from any thread. */
  public UploadStats stats() {
    lock.lock();
    try {
      return stats;
    } finally {
      lock.unlock();
    }
  }

  private Entry enter(int bytes) {
    if (bytes < 1 || bytes > DataBlob.CHUNK_PLAIN_BYTES_MAX) {
      throw BackupException.invalid(
          "chunk of " + bytes + " bytes, expected 1 … " + DataBlob.CHUNK_PLAIN_BYTES_MAX);
    }
    lock.lock();
    try {
      waitWhile(() -> entries.size() >= ENTRIES_WAITING_MAX);
      Entry entry = new Entry(nextOffset, bytes);
      nextOffset += bytes;
      entries.add(entry);
      return entry;
    } finally {
      lock.unlock();
    }
  }

  /** With the lock held; a failure ends the wait and is thrown. */
  private void waitWhile(BooleanSupplier blocked) {
    try {
      while (failure == null && blocked.getAsBoolean()) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = new BackupException(Kind.CANCELLED, "upload of " + name + " was interrupted", e);
    }
    throwFailure();
  }

  /** With the lock held. */
  private void throwFailure() {
    if (failure != null) {
      throw Blocking.unwrap(failure, session.peer());
    }
  }

  /** Work that throws has not given back its place in the window, other work has or will. */
  private void onPool(Entry entry, CompletableFuture<Void> mine, Runnable work) {
    Runnable guarded =
        () -> {
          try {
            requireAlive();
            work.run();
          } catch (RuntimeException | Error e) {
            window.leave(entry.bytes);
            // Whoever waits for this chunk must not wait for ever.
            mine.completeExceptionally(e);
            fail(e);
          }
        };
    try {
      pool.execute(guarded);
    } catch (RejectedExecutionException e) {
      // The pool's queue is full: the one who hands in does the work, which slows it down as it
      // should.
      guarded.run();
    }
  }

  /** On the pool. */
  private void hash(Entry entry, byte[] plain, CompletableFuture<Void> mine) {
    BlobCodec codec = protection.codec();
    Digest digest = zeros.digest(plain, entry.bytes);
    if (claim(entry, digest, mine)) {
      byte[] encoded = buffers.take(codec.headerBytes() + entry.bytes);
      int length = codec.encodeInto(encoded, plain, 0, entry.bytes, true);
      buffers.give(plain);
      // Its answer says that the server has read all of it.
      var unused = send(entry, digest, mine, encoded, length).thenRun(() -> buffers.give(encoded));
    } else {
      buffers.give(plain);
      window.leave(entry.bytes);
    }
  }

  /** Whether the chunk is this entry's to send; otherwise the entry waits for the one who does. */
  private boolean claim(Entry entry, Digest digest, CompletableFuture<Void> mine) {
    CompletableFuture<Void> others = known.claim(digest, mine);
    if (others == null) {
      return true;
    }
    var unused =
        others.whenComplete(
            (done, broken) -> arrived(entry, digest, broken, stats -> stats.reused(entry.bytes)));
    return false;
  }

  /** On the pool. */
  private CompletableFuture<Void> send(
      Entry entry, Digest digest, CompletableFuture<Void> mine, byte[] encoded, int length) {
    return session
        .uploadChunk(writer, fixed, digest, entry.bytes, encoded, length)
        .whenComplete(
            (done, broken) -> {
              window.leave(entry.bytes);
              settle(mine, broken);
              arrived(entry, digest, broken, stats -> stats.uploaded(entry.bytes, length));
            });
  }

  private static void settle(CompletableFuture<Void> mine, @Nullable Throwable broken) {
    if (broken == null) {
      mine.complete(null);
    } else {
      mine.completeExceptionally(broken);
    }
  }

  /** The server has the chunk, or never will. Often on an event loop. */
  private void arrived(
      Entry entry, Digest digest, @Nullable Throwable broken, UnaryOperator<UploadStats> counted) {
    if (broken != null) {
      fail(broken);
      return;
    }
    lock.lock();
    try {
      entry.digest = digest;
      entry.ready = true;
      stats = counted.apply(stats);
    } finally {
      lock.unlock();
    }
    appendReady();
  }

  /**
   * Sends the next run of entries if that is due and none is under way; its answer comes back here.
   */
  private void appendReady() {
    List<Digest> digests = new ArrayList<>();
    List<Long> offsets = new ArrayList<>();
    lock.lock();
    try {
      if (appending || failure != null || !appendIsDue()) {
        return;
      }
      Entry next = entries.peek();
      while (next != null && next.ready && digests.size() < ENTRIES_PER_APPEND_MAX) {
        Digest digest = Objects.requireNonNull(next.digest);
        digests.add(digest);
        offsets.add(next.start);
        addToChecksum(next, digest);
        entries.remove();
        next = entries.peek();
      }
      changed.signalAll();
      if (digests.isEmpty()) {
        return;
      }
      appending = true;
    } finally {
      lock.unlock();
    }
    var unused =
        session
            .appendAsync(writer, fixed, digests, offsets)
            .whenComplete((done, broken) -> listed(digests.size(), broken));
  }

  /** Full appends, and the rest at the end: fewest requests, as real clients have it. */
  private boolean appendIsDue() {
    int ready = 0;
    for (Entry entry : entries) {
      if (!entry.ready || ++ready == ENTRIES_PER_APPEND) {
        break;
      }
    }
    return ready == ENTRIES_PER_APPEND || (finishing && ready > 0 && ready == entries.size());
  }

  private void listed(int count, @Nullable Throwable broken) {
    if (broken != null) {
      fail(broken);
      return;
    }
    lock.lock();
    try {
      appending = false;
      appended += count;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    appendReady();
  }

  /** Dynamic: end offset and digest of each entry; fixed: the digest (spec/protocols.md §5.2). */
  private void addToChecksum(Entry entry, Digest digest) {
    if (!fixed) {
      checksum.update(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(entry.start + entry.bytes)
              .array());
    }
    checksum.update(digest.bytes());
  }

  private void requireAlive() {
    lock.lock();
    try {
      throwFailure();
    } finally {
      lock.unlock();
    }
  }

  /** Kept as it is, for the one who waits: what is no exception must not be thrown in callbacks. */
  private void fail(Throwable broken) {
    lock.lock();
    try {
      if (failure == null) {
        failure = broken;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
