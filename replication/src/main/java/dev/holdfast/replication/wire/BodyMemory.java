package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.blob.DataBlob;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How much the bodies of all sessions' requests and answers may take up, together. A body is let in
 * whole or not at all: one that has begun always has room to come to its end, so sessions never
 * wait for each other in a ring. Until then its stream is not read, which holds up its sender
 * alone.
 *
 * <p>Who holds least is next, and of equals who asked first; one that does not fit yet is not
 * overtaken, so that large bodies have their turn. No session has more than its share, however much
 * it asks for, so that one whose bodies never end leaves the others theirs.
 *
 * <p>For all threads; nobody waits in a call.
 */
public final class BodyMemory {
  /** The rest of the heap is for what is done with bodies, and everything else. */
  private static final int HEAP_DIVISOR = 4;

  /** Four of the largest chunks: below this, two clients could hardly send at the same time. */
  private static final long BYTES_MIN = 4L * DataBlob.CHUNK_ENCODED_BYTES_MAX;

  /** Fewer sessions than these that keep all they can get do not stop others. */
  private static final int SHARE_DIVISOR = 8;

  /** Four chunks of 4 MiB with their heads, or one of the largest. */
  private static final long SHARE_BYTES_MIN = 20L << 20;

  /** Sixteen chunks of 4 MiB: as many as a session has requests. */
  private static final long SHARE_BYTES_MAX = 64L << 20;

  private final long bytesMax;
  private final long shareBytesMax;
  private final ChunkBuffers blocks;

  // Guarded by this.
  private final Set<Share> waiting = new LinkedHashSet<>();
  private long usedBytes;
  private long claims;

  /**
   * @param bytesMax of all sessions
   * @param shareBytesMax of each; at least one body it always gets
   */
  public BodyMemory(long bytesMax, long shareBytesMax) {
    this.bytesMax = bytesMax;
    this.shareBytesMax = shareBytesMax;
    this.blocks = new ChunkBuffers(bytesMax, WireBody.BLOCK_BYTES);
  }

  /**
   * @param heapBytesMax what the JVM may have
   */
  public static BodyMemory ofHeap(long heapBytesMax) {
    long bytes = Math.max(BYTES_MIN, heapBytesMax / HEAP_DIVISOR);
    return new BodyMemory(
        bytes, Math.clamp(bytes / SHARE_DIVISOR, SHARE_BYTES_MIN, SHARE_BYTES_MAX));
  }

  /** For a server whose clients are known. */
  public static BodyMemory unlimited() {
    return new BodyMemory(Long.MAX_VALUE, Long.MAX_VALUE);
  }

  public long bytesMax() {
    return bytesMax;
  }

  public synchronized long usedBytes() {
    return usedBytes;
  }

  /** Bodies that are not let in yet. */
  public synchronized int waitingBodies() {
    return waiting.stream().mapToInt(share -> share.claims.size()).sum();
  }

  /** Of a new session. */
  Share share() {
    return new Share();
  }

  /** The part of one session. */
  final class Share {
    // Guarded by the memory.
    private final ArrayDeque<Claim> claims = new ArrayDeque<>();
    private long heldBytes;

    private Share() {}

    /** What bodies are kept in. */
    ChunkBuffers buffers() {
      return blocks;
    }

    /**
     * Asks for room.
     *
     * @param bytes more than all there is counts as all
     * @param granted runs once when there is room: in this call, or later in a thread that gave
     *     some back; must not block
     */
    Claim claim(long bytes, Runnable granted) {
      Claim claim = new Claim(this, Math.min(bytes, bytesMax), granted);
      List<Claim> let;
      synchronized (BodyMemory.this) {
        claim.number = BodyMemory.this.claims++;
        claims.add(claim);
        waiting.add(this);
        let = letIn();
      }
      let.forEach(each -> each.granted.run());
      return claim;
    }

    private boolean mayHave(Claim claim) {
      return heldBytes == 0 || heldBytes + claim.bytes <= shareBytesMax;
    }
  }

  /** Room for one body, asked for or had. */
  final class Claim {
    private final Share share;
    private final long bytes;
    private final Runnable granted;
    private long number;
    private boolean had;
    private boolean given;

    private Claim(Share share, long bytes, Runnable granted) {
      this.share = share;
      this.bytes = bytes;
      this.granted = granted;
    }

    /** Gives it back, or waits no longer; a second time changes nothing. */
    void release() {
      List<Claim> let;
      synchronized (BodyMemory.this) {
        if (given) {
          return;
        }
        given = true;
        if (had) {
          share.heldBytes -= bytes;
          usedBytes -= bytes;
        } else {
          share.claims.remove(this);
          if (share.claims.isEmpty()) {
            waiting.remove(share);
          }
        }
        let = letIn();
      }
      let.forEach(each -> each.granted.run());
    }
  }

  /** With the lock held; who is let in is told without it. */
  private List<Claim> letIn() {
    List<Claim> let = new ArrayList<>();
    Optional<Share> next = next();
    while (next.isPresent() && next.get().claims.element().bytes <= bytesMax - usedBytes) {
      Share share = next.get();
      Claim claim = share.claims.remove();
      if (share.claims.isEmpty()) {
        waiting.remove(share);
      }
      claim.had = true;
      share.heldBytes += claim.bytes;
      usedBytes += claim.bytes;
      let.add(claim);
      next = next();
    }
    return let;
  }

  private Optional<Share> next() {
    return waiting.stream()
        .filter(share -> share.mayHave(share.claims.element()))
        .min(
            Comparator.comparingLong((Share share) -> share.heldBytes)
                .thenComparingLong(share -> share.claims.element().number));
  }
}
