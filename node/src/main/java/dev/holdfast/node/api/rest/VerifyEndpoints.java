package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.VerifyRules;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.maintenance.VerifyJobConfig;
import dev.holdfast.node.maintenance.Verifying;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Verification of a snapshot, a group or all below a namespace (spec/rest-api.md §6.3). */
final class VerifyEndpoints {
  private static final GroupAccess.Need VERIFY =
      new GroupAccess.Need(Set.of(Privilege.DATASTORE_VERIFY), Set.of(Privilege.DATASTORE_BACKUP));

  private final GroupAccess access;
  private final DatastoreRegistry stores;
  private final Verifying verifying;
  private final TaskRegistry tasks;

  VerifyEndpoints(
      GroupAccess access, DatastoreRegistry stores, Verifying verifying, TaskRegistry tasks) {
    this.access = access;
    this.stores = stores;
    this.verifying = verifying;
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        "/admin/datastore/{store}/verify",
        new Endpoint(
            Doc.task("Reads snapshots and checks that they can be restored."),
            ParamSchema.of(
                Param.STORE,
                Param.NS,
                Param.BACKUP_TYPE.orNone(),
                Param.BACKUP_ID.orNone(),
                Param.BACKUP_TIME.orNone(),
                Param.integer("max-depth", 0, Namespace.DEPTH_MAX).orNone(),
                Param.bool("ignore-verified"),
                Param.integer("outdated-after", 0, Long.MAX_VALUE).orNone(),
                Param.integer("read-threads", 1, VerifyJobConfig.THREADS_MAX).orNone(),
                Param.integer("verify-threads", 1, VerifyJobConfig.THREADS_MAX).orNone()),
            VERIFY.rule(),
            this::verify));
  }

  private ApiResult verify(ApiCall call) {
    Params params = call.params();
    GroupAccess.Scope scope = access.scope(call, VERIFY);
    Datastore store = stores.reading(params.store(), call.leases());
    GroupId group = group(params);
    SnapshotId snapshot =
        group == null || !params.has("backup-time")
            ? null
            : group.at(params.integer("backup-time"));
    if (group != null) {
      scope.check(store, params.namespace(), group);
    }
    Verifying.Order order =
        new Verifying.Order(
            params.store(),
            params.namespace(),
            group,
            snapshot,
            params.optionalCount("max-depth"),
            new VerifyRules(
                params.bool("ignore-verified", true), params.optionalInteger("outdated-after")),
            params.optionalCount("verify-threads"));
    Upid task =
        tasks.spawn(
            type(order),
            id(order),
            call.who(),
            running -> verifying.run(running, order, call.who()));
    return ApiResult.of(task.toString());
  }

  /** Null for all; PBS's words for a part of a name. */
  private static @Nullable GroupId group(Params params) {
    boolean type = params.has("backup-type");
    boolean id = params.has("backup-id");
    if (type && id) {
      return params.group();
    }
    if (type || id || params.has("backup-time")) {
      throw BackupException.invalid("parameters do not specify a backup group or snapshot");
    }
    return null;
  }

  private static String type(Verifying.Order order) {
    return order.group() == null
        ? "verify"
        : order.snapshot() == null ? "verify_group" : "verify_snapshot";
  }

  /** {@code store}, {@code store:ns/a}, {@code store:ns/a/host/x}, {@code …/host/x/6B027159}. */
  private static String id(Verifying.Order order) {
    StringBuilder path = new StringBuilder(order.namespace().pathPrefix());
    if (order.group() == null) {
      return order.store() + (path.isEmpty() ? "" : ":" + path.substring(0, path.length() - 1));
    }
    path.append(order.group());
    SnapshotId snapshot = order.snapshot();
    if (snapshot != null) {
      path.append(String.format(Locale.ROOT, "/%08X", snapshot.time()));
    }
    return order.store() + ":" + path;
  }
}
