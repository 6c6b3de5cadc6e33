package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.StoredSnapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

/**
 * The reader sessions of one snapshot, over which its chunks are striped. Over 150 ms one
 * connection carries some 19 MB/s, four carry 75, eight a whole Gbit/s (design §6); so a snapshot
 * of which much is missing gets more of them, as long as the run has some to give.
 *
 * <p>A session gives chunks only of indexes that it downloaded itself (spec/protocols.md §6.2):
 * that is what a new one does first. One that cannot be had or breaks is done without. Safe for use
 * by several threads.
 */
final class ChunkSessions implements AutoCloseable {
  /**
   * Requests that one session has had before the next is opened: one that has little never gets it.
   */
  private static final int REQUESTS_BEFORE_NEXT = 16;

  private final PullEnds ends;
  private final Namespace namespace;
  private final SnapshotId id;

  // Guarded by this.
  private final List<Stripe> stripes = new ArrayList<>();
  private final Set<ArchiveName> archives = new HashSet<>();
  private int requests;
  private boolean opening;
  private boolean closed;

  private static final class Stripe {
    final StoredSnapshot session;
    final boolean extra;
    final Set<ArchiveName> archives = new HashSet<>();
    int inFlight;

    Stripe(StoredSnapshot session, boolean extra) {
      this.session = session;
      this.extra = extra;
    }
  }

  /**
   * @param first downloads the indexes that are then handed in
   */
  ChunkSessions(PullEnds ends, Namespace namespace, SnapshotId id, StoredSnapshot first) {
    this.ends = ends;
    this.namespace = namespace;
    this.id = id;
    stripes.add(new Stripe(first, false));
  }

  /** Says that the first session has downloaded an index. */
  void archive(ArchiveName name) {
    List<Stripe> others = new ArrayList<>();
    synchronized (this) {
      archives.add(name);
      for (Stripe stripe : stripes) {
        if (stripe.extra) {
          others.add(stripe);
        } else {
          stripe.archives.add(name);
        }
      }
    }
    others.forEach(stripe -> Thread.ofVirtual().start(() -> register(stripe, name)));
  }

  /**
   * The stored bytes of a chunk, unchecked; waits.
   *
   * @param name the archive that names it, which was handed in
   * @param bytesMax a longer answer is CORRUPT_DATA
   */
  byte[] chunk(ArchiveName name, Digest digest, int bytesMax) {
    Stripe stripe = take(name);
    try {
      return stripe.session.chunk(digest, bytesMax);
    } catch (BackupException e) {
      if (!stripe.extra || e.kind() != Kind.PEER_UNREACHABLE) {
        throw e;
      }
      drop(stripe);
    } finally {
      release(stripe);
    }
    return chunk(name, digest, bytesMax);
  }

  private Stripe take(ArchiveName name) {
    Stripe least;
    boolean more;
    synchronized (this) {
      least =
          stripes.stream()
              .filter(stripe -> stripe.archives.contains(name))
              .min(Comparator.comparingInt(stripe -> stripe.inFlight))
              .orElseThrow();
      least.inFlight++;
      requests++;
      more = !closed && !opening && requests > REQUESTS_BEFORE_NEXT * stripes.size();
      opening |= more;
    }
    if (more) {
      Thread.ofVirtual().start(this::openAnother);
    }
    return least;
  }

  private synchronized void release(Stripe stripe) {
    stripe.inFlight--;
  }

  private void openAnother() {
    Semaphore allowance = ends.extraSessions();
    if (!allowance.tryAcquire()) {
      return; // stays "opening": for this snapshot there is no more
    }
    Optional<Stripe> opened = openStripe();
    if (opened.isEmpty()) {
      allowance.release();
      return; // the same: it may be the peer's limit
    }
    Stripe stripe = opened.get();
    Set<ArchiveName> known;
    synchronized (this) {
      known = Set.copyOf(archives);
      stripes.add(stripe);
    }
    known.forEach(name -> register(stripe, name));
    boolean late;
    synchronized (this) {
      opening = false;
      late = closed;
    }
    if (late) {
      drop(stripe);
    }
  }

  private Optional<Stripe> openStripe() {
    try {
      return ends.source().open(namespace, id).map(session -> new Stripe(session, true));
    } catch (BackupException e) {
      return Optional.empty();
    }
  }

  private void register(Stripe stripe, ArchiveName name) {
    try {
      stripe.session.download(name);
      synchronized (this) {
        stripe.archives.add(name);
      }
    } catch (BackupException e) {
      drop(stripe);
    }
  }

  private void drop(Stripe stripe) {
    boolean had;
    synchronized (this) {
      had = stripes.remove(stripe);
    }
    if (had) {
      stripe.session.close();
      ends.extraSessions().release();
    }
  }

  /** Ends all sessions; what is pending fails. */
  @Override
  public void close() {
    List<Stripe> extra;
    synchronized (this) {
      closed = true;
      stripes.getFirst().session.close();
      extra = stripes.stream().filter(stripe -> stripe.extra).toList();
    }
    extra.forEach(this::drop);
  }
}
