package dev.holdfast.node.maintenance;

import dev.holdfast.meshconfig.DatastoreConfig;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.job.JobConfigs;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobRunner;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.TaskJob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The prune jobs of {@code mesh.yaml} and {@code prune.cfg}, as jobs that run. */
public final class PruneJobs {
  private final JobConfigs<PruneJobConfig> configs;
  private final Pruning pruning;
  private final JobRunner runner;

  private PruneJobs(JobConfigs<PruneJobConfig> configs, Pruning pruning, JobRunner runner) {
    this.configs = configs;
    this.pruning = pruning;
    this.runner = runner;
  }

  /** Throws CORRUPT_DATA when {@code prune.cfg} cannot be read. */
  public static PruneJobs open(
      StateDirectory directory,
      Collection<DatastoreConfig> declared,
      Pruning pruning,
      JobRunner runner) {
    DeclaredIds ids = new DeclaredIds();
    List<PruneJobConfig> jobs = new ArrayList<>();
    for (DatastoreConfig store : declared) {
      store
          .prune()
          .forEach(
              prune ->
                  jobs.add(
                      PruneJobConfig.declared(
                          ids.next(store.name(), prune.namespace()), store.name(), prune)));
    }
    return new PruneJobs(
        new JobConfigs<>(
            JobType.PRUNE,
            directory,
            "prune.cfg",
            PruneJobConfig::parseFile,
            PruneJobConfig::of,
            jobs,
            runner.states()),
        pruning,
        runner);
  }

  public JobConfigs<PruneJobConfig> configs() {
    return configs;
  }

  /** As configured now. */
  public List<TaskJob> jobs() {
    return configs.all().stream().map(this::job).toList();
  }

  /** Prunes what whoever starts it may prune. */
  private TaskJob job(PruneJobConfig config) {
    Pruning.Order order = config.order(false);
    return new TaskJob(
        new JobId(JobType.PRUNE, config.id()),
        config.schedule(),
        !config.isDisabled(),
        order.where(),
        runner,
        task -> pruning.datastore(task, order, task.upid().owner()));
  }
}
