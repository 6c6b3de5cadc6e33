package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.DatastoreConfig;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.task.WorkerTask;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The verify jobs of {@code mesh.yaml} and {@code verification.cfg}, as jobs that run. */
public final class VerifyJobs {
  private final JobConfigs<VerifyJobConfig> configs;
  private final Work work;
  private final JobRunner runner;

  /** Reads back what a job is for. */
  @FunctionalInterface
  public interface Work {
    /** As whoever owns the task; throws when something is damaged. */
    void verify(WorkerTask task, VerifyJobConfig job);
  }

  private VerifyJobs(JobConfigs<VerifyJobConfig> configs, Work work, JobRunner runner) {
    this.configs = configs;
    this.work = work;
    this.runner = runner;
  }

  /** Throws CORRUPT_DATA when {@code verification.cfg} cannot be read. */
  public static VerifyJobs open(
      StateDirectory directory, Collection<DatastoreConfig> declared, Work work, JobRunner runner) {
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
        work,
        runner);
  }

  public JobConfigs<VerifyJobConfig> configs() {
    return configs;
  }

  /** As configured now. */
  public List<TaskJob> jobs() {
    return configs.all().stream().map(this::job).toList();
  }

  private TaskJob job(VerifyJobConfig config) {
    return new TaskJob(
        new JobId(JobType.VERIFICATION, config.id()),
        config.schedule(),
        true,
        config.store() + ":" + config.id(),
        runner,
        task -> work.verify(task, config));
  }
}
