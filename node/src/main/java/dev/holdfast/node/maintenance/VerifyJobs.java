package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.Namespace;
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

/** The verify jobs of {@code mesh.yaml} and {@code verification.cfg}, as jobs that run. */
public final class VerifyJobs {
  private final JobConfigs<VerifyJobConfig> configs;
  private final Verifying verifying;
  private final JobRunner runner;

  private VerifyJobs(JobConfigs<VerifyJobConfig> configs, Verifying verifying, JobRunner runner) {
    this.configs = configs;
    this.verifying = verifying;
    this.runner = runner;
  }

  /** Throws CORRUPT_DATA when {@code verification.cfg} cannot be read. */
  public static VerifyJobs open(
      StateDirectory directory,
      Collection<DatastoreConfig> declared,
      Verifying verifying,
      JobRunner runner) {
    DeclaredIds ids = new DeclaredIds();
    List<VerifyJobConfig> jobs = new ArrayList<>();
    for (DatastoreConfig store : declared) {
      store
          .verify()
          .ifPresent(
              verify ->
                  jobs.add(
                      VerifyJobConfig.declared(
                          ids.next(store.name(), Namespace.ROOT), store.name(), verify)));
    }
    return new VerifyJobs(
        new JobConfigs<>(
            JobType.VERIFICATION,
            directory,
            "verification.cfg",
            VerifyJobConfig::parseFile,
            VerifyJobConfig::of,
            jobs,
            runner.states()),
        verifying,
        runner);
  }

  public JobConfigs<VerifyJobConfig> configs() {
    return configs;
  }

  /** As configured now. */
  public List<TaskJob> jobs() {
    return configs.all().stream().map(this::job).toList();
  }

  /** Verifies what whoever starts it may verify. */
  private TaskJob job(VerifyJobConfig config) {
    Verifying.Order order = config.order();
    return new TaskJob(
        new JobId(JobType.VERIFICATION, config.id()),
        config.schedule(),
        true,
        config.store() + ":" + config.id(),
        runner,
        task -> verifying.run(task, order, task.upid().owner()));
  }
}
