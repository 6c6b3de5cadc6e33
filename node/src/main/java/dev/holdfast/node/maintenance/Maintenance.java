package dev.holdfast.node.maintenance;

import dev.holdfast.meshconfig.DatastoreConfig;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.job.JobRunner;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.task.TaskRegistry;
import java.util.Collection;

/** All that keeps the datastores of a node in order, and the jobs that do it by themselves. */
public record Maintenance(
    Pruning pruning,
    PruneJobs prunes,
    Verifying verifying,
    VerifyJobs verifies,
    CollectionJobs collections,
    UsageTasks usage,
    Moving moving) {

  /**
   * Puts it together, and registers its jobs.
   *
   * @param declared by mesh.yaml, with their schedules
   */
  public static Maintenance create(
      StateDirectory directory,
      Collection<DatastoreConfig> declared,
      DatastoreRegistry stores,
      AccessControl access,
      TaskRegistry tasks,
      JobRunner runner,
      Jobs jobs) {
    Pruning pruning = new Pruning(stores, access, tasks.clock().getZone());
    PruneJobs prunes = PruneJobs.open(directory, declared, pruning, runner);
    Verifying verifying = new Verifying(stores, access);
    VerifyJobs verifies = VerifyJobs.open(directory, declared, verifying, runner);
    CollectionJobs collections = new CollectionJobs(stores, runner, tasks);
    jobs.register(JobType.PRUNE, prunes::jobs);
    jobs.register(JobType.VERIFICATION, verifies::jobs);
    jobs.register(JobType.GARBAGE_COLLECTION, collections::all);
    return new Maintenance(
        pruning,
        prunes,
        verifying,
        verifies,
        collections,
        new UsageTasks(stores, tasks),
        new Moving(stores, tasks));
  }
}
