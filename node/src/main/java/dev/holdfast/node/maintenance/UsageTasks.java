package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.usage.NamespaceUsage;
import dev.holdfast.chunkstore.usage.Usage;
import dev.holdfast.chunkstore.usage.UsageMeasurement;
import dev.holdfast.chunkstore.usage.UsageWatcher;
import dev.holdfast.chunkstore.work.Workers;
import dev.holdfast.meshconfig.ByteSize;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.node.thread.YieldingThreads;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Measures what the namespaces of a datastore take, in tasks of the lowest priority, and remembers
 * the last result of each until the node ends. Any thread.
 */
public final class UsageTasks {
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;
  private final Workers workers = YieldingThreads.background("usage");
  private final Set<DatastoreName> running = ConcurrentHashMap.newKeySet();
  private final Map<DatastoreName, Measured> last = new ConcurrentHashMap<>();

  /** A result, and when it was complete. */
  public record Measured(Instant at, Usage usage) {}

  public UsageTasks(DatastoreRegistry stores, TaskRegistry tasks) {
    this.stores = stores;
    this.tasks = tasks;
  }

  /** Empty when nobody measured since the node's start. */
  public Optional<Measured> last(DatastoreName name) {
    return Optional.ofNullable(last.get(name));
  }

  /**
   * Starts a measurement and returns at once.
   *
   * @throws BackupException LOCKED while one of the same datastore runs
   */
  public Upid start(DatastoreName name, AuthId caller) {
    Leases use = new Leases();
    try {
      return start(stores.reading(name, use), use, caller);
    } catch (RuntimeException e) {
      use.close();
      throw e;
    }
  }

  /**
   * @param use given back at the end of the task
   */
  private Upid start(Datastore store, Leases use, AuthId caller) {
    DatastoreName name = store.name();
    if (!running.add(name)) {
      throw new BackupException(
              Kind.LOCKED, "the usage of datastore '" + name + "' is being measured already")
          .advise("Look at the last result when it is done.");
    }
    try {
      WorkerTask task = tasks.start("usage", name.text(), caller);
      task.leases().hold(use);
      task.beforeEnd(status -> running.remove(name));
      tasks.spawn(task, body -> measure(store, body));
      return task.upid();
    } catch (RuntimeException e) {
      running.remove(name);
      throw e;
    }
  }

  private void measure(Datastore store, WorkerTask task) {
    task.log("measuring what the namespaces of datastore '" + store.name() + "' take");
    Usage usage = UsageMeasurement.of(store, workers, new Log(task));
    last.put(store.name(), new Measured(tasks.clock().instant(), usage));
    NamespaceUsage whole = usage.namespaces().getFirst();
    task.log(
        usage.namespaces().size()
            + " namespaces with "
            + whole.snapshots()
            + " snapshots: "
            + ByteSize.text(whole.logicalBytes())
            + " backed up, "
            + ByteSize.text(whole.deduplicatedBytes())
            + " on disk, and "
            + ByteSize.text(usage.chunkBytes() - whole.deduplicatedBytes())
            + " that nobody needs");
  }

  private record Log(WorkerTask task) implements UsageWatcher {
    @Override
    public void checkStop() {
      task.checkAborted();
    }

    @Override
    public void warn(String text) {
      task.warn(text);
    }

    @Override
    public void counted(int directories, int directoriesTotal) {
      task.log("counted the chunks of " + directories + " of " + directoriesTotal + " directories");
    }
  }
}
