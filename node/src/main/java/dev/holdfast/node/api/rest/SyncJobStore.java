package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.job.JobConfigs;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.SyncJobConfig;
import dev.holdfast.node.job.SyncJobs;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All sync jobs: those of {@code mesh.yaml}, which are not changed here, and those of {@code
 * sync.cfg}. What is written to the file takes effect at once.
 */
public final class SyncJobStore {
  private static final Logger LOG = LoggerFactory.getLogger(SyncJobStore.class);

  private final JobConfigs<SyncJobConfig> configs;
  private final SyncJobs jobs;

  private SyncJobStore(JobConfigs<SyncJobConfig> configs, SyncJobs jobs) {
    this.configs = configs;
    this.jobs = jobs;
  }

  /**
   * Reads {@code sync.cfg} and adds its jobs.
   *
   * @param jobs those of mesh.yaml, not started yet
   */
  public static SyncJobStore open(StateDirectory directory, SyncJobs jobs) {
    JobConfigs<SyncJobConfig> configs =
        new JobConfigs<>(
            JobType.SYNC,
            directory,
            "sync.cfg",
            SyncJobConfig::parseFile,
            SyncJobConfig::of,
            jobs.all().stream().map(job -> SyncJobConfig.of(job.config())).toList(),
            jobs.states());
    SyncJobStore store = new SyncJobStore(configs, jobs);
    configs.ofFile().forEach(store::activate);
    return store;
  }

  private void activate(SyncJobConfig job) {
    try {
      jobs.put(job.toSync());
    } catch (BackupException e) {
      LOG.warn("sync job '{}' will not run: {}", job.id(), e.text());
      jobs.remove(job.id());
    }
  }

  SyncJobs jobs() {
    return jobs;
  }

  JobConfigs<SyncJobConfig> configs() {
    return configs;
  }

  /** Throws INVALID_INPUT when a job needs the remote. */
  void requireUnused(String remote) {
    configs.all().stream()
        .filter(job -> remote.equals(job.value("remote")))
        .findFirst()
        .ifPresent(
            job -> {
              throw BackupException.invalid(
                  "remote '"
                      + remote
                      + "' is used by sync job '"
                      + job.id()
                      + "' (datastore '"
                      + job.store()
                      + "')");
            });
  }

  void create(SyncJobConfig job) {
    configs.create(job);
    activate(job);
  }

  /** As {@link JobConfigs#update}. */
  void update(
      @Nullable String digest,
      String id,
      Function<Optional<SyncJobConfig>, Optional<SyncJobConfig>> change) {
    configs.update(digest, id, change).ifPresentOrElse(this::activate, () -> jobs.remove(id));
  }
}
