package dev.holdfast.node.api.rest;

import static dev.holdfast.node.access.Privilege.DATASTORE_AUDIT;
import static dev.holdfast.node.access.Privilege.DATASTORE_MODIFY;
import static dev.holdfast.node.access.Privilege.DATASTORE_VERIFY;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.rest.StoreJobEndpoints.Kind;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.maintenance.PruneJobConfig;
import dev.holdfast.node.maintenance.VerifyJobConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The parameters of prune and verify jobs, and who may see and change them. */
final class StoreJobKinds {
  private static final Param SCHEDULE = Param.schedule("schedule", 1, 128);
  private static final Param MAX_DEPTH = Param.integer("max-depth", 0, Namespace.DEPTH_MAX);
  private static final Param THREADS_READ =
      Param.integer("read-threads", 1, VerifyJobConfig.THREADS_MAX);
  private static final Param THREADS_VERIFY =
      Param.integer("verify-threads", 1, VerifyJobConfig.THREADS_MAX);

  private StoreJobKinds() {}

  static final Kind<PruneJobConfig> PRUNE =
      new Kind<>(
          "prune",
          "prune",
          JobType.PRUNE,
          List.of(Param.STORE, SCHEDULE),
          Stream.concat(
                  Stream.of(Param.NS, MAX_DEPTH, Param.bool("disable"), Param.COMMENT),
                  PruneEndpoints.KEEP.stream())
              .toList(),
          Set.of(DATASTORE_AUDIT, DATASTORE_MODIFY),
          Set.of(DATASTORE_AUDIT),
          DATASTORE_MODIFY,
          PruneJobConfig::new);

  static final Kind<VerifyJobConfig> VERIFY =
      new Kind<>(
          "verify",
          "verification",
          JobType.VERIFICATION,
          List.of(Param.STORE),
          List.of(
              SCHEDULE,
              Param.NS,
              MAX_DEPTH,
              Param.bool("ignore-verified"),
              Param.integer("outdated-after", 0, Integer.MAX_VALUE),
              THREADS_READ,
              THREADS_VERIFY,
              Param.COMMENT),
          Set.of(DATASTORE_AUDIT, DATASTORE_VERIFY),
          Set.of(DATASTORE_AUDIT, DATASTORE_VERIFY),
          DATASTORE_VERIFY,
          VerifyJobConfig::new);
}
