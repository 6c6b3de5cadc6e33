package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.job.JobConfig;
import dev.holdfast.node.job.JobConfigs;
import dev.holdfast.node.job.SyncJobConfig;
import dev.holdfast.node.maintenance.PruneJobConfig;
import dev.holdfast.node.maintenance.PruneJobs;
import dev.holdfast.node.maintenance.VerifyJobs;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;

/** The jobs that come with a datastore and go with it (spec/rest-api.md §6.10). */
final class JobsOfStores {
  /** As real servers cut the names that they make. */
  private static final int ID_LENGTH_MAX = 32;

  private final SyncAccess access;
  private final SyncJobStore syncs;
  private final PruneJobs prunes;
  private final VerifyJobs verifies;

  JobsOfStores(SyncAccess access, SyncJobStore syncs, PruneJobs prunes, VerifyJobs verifies) {
    this.access = access;
    this.syncs = syncs;
    this.prunes = prunes;
    this.verifies = verifies;
  }

  /**
   * Of the prune options that were given when the store was made.
   *
   * @param options {@code prune-schedule} and {@code keep-*}; nothing is made without the former
   */
  Optional<PruneJobConfig> pruneJob(DatastoreName store, SortedMap<String, String> options) {
    String schedule = options.get("prune-schedule");
    if (schedule == null) {
      return Optional.empty();
    }
    SortedMap<String, List<String>> properties = new TreeMap<>();
    properties.put("store", List.of(store.text()));
    properties.put("schedule", List.of(schedule));
    options.forEach(
        (key, value) -> {
          if (key.startsWith("keep-")) {
            properties.put(key, List.of(value));
          }
        });
    String name = "default-" + store + "-" + UUID.randomUUID();
    return Optional.of(
        new PruneJobConfig(name.substring(0, Math.min(name.length(), ID_LENGTH_MAX)), properties));
  }

  void add(PruneJobConfig job) {
    prunes.configs().create(job);
  }

  /** Removes what looks after that store only, as far as the caller may know of it. */
  void removeOf(DatastoreName store, AuthId caller) {
    remove(prunes.configs(), job -> job.store().equals(store));
    remove(verifies.configs(), job -> job.store().equals(store));
    for (SyncJobConfig job : syncs.configs().ofFile()) {
      if (job.store().equals(store) && access.maySee(caller, job)) {
        syncs.update(null, job.id(), known -> Optional.empty());
      }
    }
  }

  private static <C extends JobConfig> void remove(JobConfigs<C> configs, Predicate<C> which) {
    for (C job : configs.ofFile()) {
      if (which.test(job)) {
        var unused = configs.update(null, job.id(), known -> Optional.empty());
      }
    }
  }
}
