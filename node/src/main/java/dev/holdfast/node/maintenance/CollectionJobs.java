package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.gc.GarbageCollector;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.gc.GcStatus;
import dev.holdfast.chunkstore.gc.GcStatusFile;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.work.Workers;
import dev.holdfast.node.api.DatastoreConfig;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.job.Job;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobRunner;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.TaskJob;
import dev.holdfast.node.job.Trigger;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.node.thread.YieldingThreads;
import java.util.List;

/**
 * Garbage collection of each datastore: a job that runs when {@code gc-schedule} says so, and when
 * somebody asks. Any thread.
 */
public final class CollectionJobs {
  private final DatastoreRegistry stores;
  private final JobRunner runner;
  private final TaskRegistry tasks;
  private final Workers workers = YieldingThreads.background("gc");

  public CollectionJobs(DatastoreRegistry stores, JobRunner runner, TaskRegistry tasks) {
    this.stores = stores;
    this.runner = runner;
    this.tasks = tasks;
  }

  /** One for each datastore, as configured now. */
  public List<Job> all() {
    return stores.configs().stream().<Job>map(this::job).toList();
  }

  private TaskJob job(DatastoreConfig config) {
    DatastoreName name = config.name();
    return new TaskJob(
        id(name),
        config.collectionSchedule(),
        true,
        name.text(),
        runner,
        task -> collect(task, stores.writing(name, task.leases()), options(name, false)));
  }

  public static JobId id(DatastoreName store) {
    return new JobId(JobType.GARBAGE_COLLECTION, store.text());
  }

  /**
   * Starts a collection, as a run of the job, and returns at once.
   *
   * @throws BackupException LOCKED, with PBS's words, when one runs
   */
  public Upid start(DatastoreName name, AuthId caller) {
    try {
      return job(stores.requireConfig(name)).start(caller, new Trigger.Request());
    } catch (BackupException e) {
      throw e.kind() == Kind.LOCKED ? running(name, e) : e;
    }
  }

  /** Starts a task that tells what a collection would remove; it is no run of the job. */
  public Upid startDryRun(DatastoreName name, AuthId caller) {
    return tasks.spawn(
        JobType.GARBAGE_COLLECTION.text(),
        name.text(),
        caller,
        task -> collect(task, stores.reading(name, task.leases()), options(name, true)));
  }

  private GcOptions options(DatastoreName name, boolean dryRun) {
    DatastoreConfig.Collection tuning = stores.requireConfig(name).collection();
    return new GcOptions(tuning.cutoff(), tuning.checkAccessTimes(), dryRun, workers);
  }

  private static void collect(WorkerTask task, Datastore store, GcOptions options) {
    task.log(
        "starting garbage collection on store "
            + store.name()
            + (options.dryRun() ? ", without changing anything" : ""));
    CollectionLog log = new CollectionLog(task, options.dryRun(), store.clock());
    GcStatus status = new GarbageCollector(store, options, log).run().status();
    log.summary(status);
    if (!options.dryRun()) {
      GcStatusFile.write(store, status.withUpid(task.upid().toString()));
    }
  }

  private static BackupException running(DatastoreName name, BackupException cause) {
    return new BackupException(
        Kind.LOCKED,
        "unable to start garbage collection job on datastore " + name + " - already running",
        cause);
  }
}
