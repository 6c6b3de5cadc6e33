package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Verifies many snapshots and notes in each manifest what was found. What was never verified comes
 * first, then what was verified longest ago: a run that is stopped, or has an hour, does the most
 * useful part. Blocking; one thread, which its {@link SnapshotVerifier} lets others help.
 */
public final class DatastoreVerifier {
  /** Sorts before every time. */
  private static final long NEVER = Long.MIN_VALUE;

  private final Datastore store;
  private final SnapshotVerifier verifier;
  private final ToLongFunction<VerifyState> startOf;
  private final String upid;

  /** Of a run over groups. */
  public interface Listener {
    void group(Namespace namespace, GroupId group, int snapshots);

    void snapshot(Namespace namespace, SnapshotId snapshot);

    /** Why it is passed over, which is no failure. */
    void skipped(Namespace namespace, SnapshotId snapshot, String why);

    /** After each snapshot; both counted from 1. */
    void progress(int group, int groups, int snapshot, int snapshots);
  }

  /** A snapshot that a run looks at, and when that was done before. */
  private record Candidate(SnapshotId id, long verifiedAt) {}

  /** A group with what a run looks at in it, in this order. */
  public record Group(
      Namespace namespace, GroupId id, List<SnapshotId> snapshots, long verifiedAt) {
    public Group {
      snapshots = List.copyOf(snapshots);
    }
  }

  /**
   * @param startOf when the task began that noted a state, in seconds since 1970
   * @param upid the task that verifies now
   */
  public DatastoreVerifier(
      Datastore store,
      SnapshotVerifier verifier,
      ToLongFunction<VerifyState> startOf,
      String upid) {
    this.store = store;
    this.verifier = verifier;
    this.startOf = startOf;
    this.upid = upid;
  }

  /** What the rules want of a group; null when that is nothing. */
  public @Nullable Group select(Namespace namespace, GroupId group, VerifyRules rules) {
    return select(namespace, group, store.snapshots(namespace, group), rules);
  }

  /** The same of some of its snapshots. */
  public @Nullable Group select(
      Namespace namespace, GroupId group, List<SnapshotId> snapshots, VerifyRules rules) {
    long now = store.clock().instant().getEpochSecond();
    List<Candidate> wanted = new ArrayList<>();
    for (SnapshotId snapshot : snapshots) {
      if (!store.isFinished(namespace, snapshot)) {
        continue; // being written, or the remains of what was
      }
      VerifyState state = state(namespace, snapshot);
      long verifiedAt = state == null ? NEVER : startOf.applyAsLong(state);
      if (rules.wants(state, verifiedAt, now)) {
        wanted.add(new Candidate(snapshot, verifiedAt));
      }
    }
    if (wanted.isEmpty()) {
      return null;
    }
    wanted.sort(
        Comparator.comparingLong(Candidate::verifiedAt)
            .thenComparing(Candidate::id, Comparator.reverseOrder()));
    return new Group(
        namespace,
        group,
        wanted.stream().map(Candidate::id).toList(),
        wanted.getFirst().verifiedAt());
  }

  /** Null also when the manifest cannot be read: then it is to be verified. */
  private @Nullable VerifyState state(Namespace namespace, SnapshotId snapshot) {
    try {
      return store.manifest(namespace, snapshot).verifyState();
    } catch (BackupException e) {
      return null;
    }
  }

  /**
   * Verifies them, the group with the oldest verification first.
   *
   * @return the snapshots that cannot be restored, as texts show them
   */
  public List<String> verify(List<Group> groups, Listener listener) {
    List<Group> oldestFirst = new ArrayList<>(groups);
    oldestFirst.sort(Comparator.comparingLong(Group::verifiedAt)); // else as they came
    List<String> failed = new ArrayList<>();
    for (int g = 0; g < oldestFirst.size(); g++) {
      Group group = oldestFirst.get(g);
      listener.group(group.namespace(), group.id(), group.snapshots().size());
      for (int s = 0; s < group.snapshots().size(); s++) {
        SnapshotId snapshot = group.snapshots().get(s);
        if (!isWell(group.namespace(), snapshot, listener)) {
          failed.add(text(group.namespace(), snapshot));
        }
        listener.progress(g + 1, oldestFirst.size(), s + 1, group.snapshots().size());
      }
    }
    return failed;
  }

  private boolean isWell(Namespace namespace, SnapshotId snapshot, Listener listener) {
    try (Lease held = store.lockSnapshotShared(namespace, snapshot)) {
      listener.snapshot(namespace, snapshot);
      boolean well = verifier.verify(namespace, snapshot).isEmpty();
      note(namespace, snapshot, well ? VerifyState.State.OK : VerifyState.State.FAILED);
      return well;
    } catch (BackupException e) {
      switch (e.kind()) {
        case LOCKED, NOT_FOUND -> {
          listener.skipped(namespace, snapshot, e.text());
          return true;
        }
        default -> throw e;
      }
    }
  }

  /** A manifest that cannot be read has no place for it. */
  private void note(Namespace namespace, SnapshotId snapshot, VerifyState.State found) {
    VerifyState state = new VerifyState(found, upid);
    try {
      store.updateManifest(namespace, snapshot, manifest -> manifest.withVerifyState(state));
    } catch (BackupException e) {
      if (found == VerifyState.State.OK
          || (e.kind() != Kind.CORRUPT_DATA && e.kind() != Kind.NOT_FOUND)) {
        throw e;
      }
    }
  }

  private static String text(Namespace namespace, SnapshotId snapshot) {
    return namespace.isRoot() ? snapshot.toString() : namespace + ": " + snapshot;
  }
}
