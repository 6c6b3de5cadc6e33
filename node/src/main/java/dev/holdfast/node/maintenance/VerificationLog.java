package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.DatastoreVerifier;
import dev.holdfast.chunkstore.verify.VerifyWatcher;
import dev.holdfast.node.task.WorkerTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Tells a verification in its task log, in the words of PBS (spec/engine.md §4). */
final class VerificationLog implements DatastoreVerifier.Listener, VerifyWatcher {
  private static final double MIB = 1 << 20;

  /** An abort is to stop it within a second. */
  private static final long PAUSE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(100);

  private final WorkerTask task;
  private final DatastoreName store;
  private final List<String> problems = new ArrayList<>();

  VerificationLog(WorkerTask task, DatastoreName store) {
    this.task = task;
    this.store = store;
  }

  @Override
  public void checkStop() {
    task.checkAborted();
  }

  /** While clients are served, half the speed: what is idle now is wanted in a moment. */
  @Override
  public void chunkChecked(Duration took) {
    if (task.clientsAreServed()) {
      LockSupport.parkNanos(Math.min(took.toNanos(), PAUSE_NANOS_MAX));
    }
  }

  @Override
  public void group(Namespace namespace, GroupId group, int snapshots) {
    task.log("verify group " + place(namespace) + group + " (" + snapshots + " snapshots)");
  }

  @Override
  public void snapshot(Namespace namespace, SnapshotId snapshot) {
    task.log("verify " + place(namespace) + snapshot);
  }

  private String place(Namespace namespace) {
    return store + ":" + (namespace.isRoot() ? "" : namespace + ":");
  }

  @Override
  public void skipped(Namespace namespace, SnapshotId snapshot, String why) {
    task.log("SKIPPED: verify " + place(namespace) + snapshot + " - " + why);
  }

  @Override
  public void checking(ArchiveName file) {
    task.log("  check " + file);
  }

  @Override
  public void checked(Speed speed) {
    double seconds = Math.max(speed.took().toNanos() / 1e9, 1e-9);
    double stored = speed.storedBytes() / MIB;
    double plain = speed.plainBytes() / MIB;
    task.log(
        String.format(
            Locale.ROOT,
            "  verified %.2f/%.2f MiB in %.2f seconds, speed %.2f/%.2f MiB/s (%d errors)",
            stored,
            plain,
            seconds,
            stored / seconds,
            plain / seconds,
            speed.errors()));
  }

  @Override
  public void problem(String text) {
    task.log("  " + text);
    synchronized (problems) {
      if (problems.size() < Damage.PROBLEMS_MAX) {
        problems.add(text);
      }
    }
  }

  /** The first ones. */
  List<String> problems() {
    synchronized (problems) {
      return List.copyOf(problems);
    }
  }

  @Override
  public void progress(int group, int groups, int snapshot, int snapshots) {
    boolean whole = snapshot == snapshots;
    double done = 100.0 * (group - 1 + (double) snapshot / snapshots) / groups;
    task.log(
        String.format(Locale.ROOT, "percentage done: %.2f%% ", done)
            + "("
            + (whole ? group : group - 1)
            + "/"
            + groups
            + " groups"
            + (whole ? "" : ", " + snapshot + "/" + snapshots + " snapshots in group #" + group)
            + ")");
  }
}
