package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.SyncJobConfig;
import dev.holdfast.node.job.SyncJobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All sync jobs: those of {@code mesh.yaml}, which are not changed here, and those of {@code
 * sync.cfg}. What is written to the file takes effect at once.
 */
public final class SyncJobStore {
  private static final Logger LOG = LoggerFactory.getLogger(SyncJobStore.class);

  private final StateFile<SectionConfig> file;
  private final SyncJobs jobs;
  private final List<SyncJobConfig> declared;

  private SyncJobStore(StateFile<SectionConfig> file, SyncJobs jobs) {
    this.file = file;
    this.jobs = jobs;
    this.declared = jobs.all().stream().map(job -> SyncJobConfig.of(job.config())).toList();
  }

  /**
   * Reads {@code sync.cfg} and adds its jobs.
   *
   * @param jobs those of mesh.yaml, not started yet
   */
  public static SyncJobStore open(StateDirectory directory, SyncJobs jobs) {
    SyncJobStore store =
        new SyncJobStore(
            new StateFile<>(directory, "sync.cfg", SyncJobConfig::parseFile, SectionConfig::format),
            jobs);
    store.ofFile().forEach(store::activate);
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

  private List<SyncJobConfig> ofFile() {
    return file.value().sections().stream().map(SyncJobConfig::of).toList();
  }

  SyncJobs jobs() {
    return jobs;
  }

  /** Of {@code sync.cfg}, in hex. */
  String digest() {
    return file.load().digest().hex();
  }

  List<SyncJobConfig> all() {
    List<SyncJobConfig> all = new ArrayList<>(declared);
    all.addAll(ofFile());
    return List.copyOf(all);
  }

  Optional<SyncJobConfig> find(String id) {
    return all().stream().filter(job -> job.id().equals(id)).findFirst();
  }

  boolean isDeclared(String id) {
    return declared.stream().anyMatch(job -> job.id().equals(id));
  }

  /** Throws INVALID_INPUT when a job needs the remote. */
  void requireUnused(String remote) {
    all().stream()
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

  /** A new job, or the changed one of that id. */
  void put(@Nullable String digest, String id, UnaryOperator<Optional<SyncJobConfig>> change) {
    Optional<SyncJobConfig> before = find(id);
    SectionConfig written =
        file.update(
            digest,
            old -> {
              Optional<SyncJobConfig> known =
                  Optional.ofNullable(old.section(id)).map(SyncJobConfig::of);
              return change
                  .apply(known)
                  .map(job -> old.with(job.section()))
                  .orElseGet(() -> old.without(id));
            });
    var section = written.section(id);
    if (section == null) {
      jobs.remove(id);
      jobs.states().removed(new JobId(JobType.SYNC, id));
    } else {
      SyncJobConfig job = SyncJobConfig.of(section);
      activate(job);
      if (before.isEmpty()) {
        jobs.states().created(new JobId(JobType.SYNC, id));
      } else if (!before.get().schedule().equals(job.schedule())) {
        jobs.states().rescheduled(new JobId(JobType.SYNC, id));
      }
    }
  }
}
