package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.DeleteStats;
import dev.holdfast.chunkstore.datastore.SnapshotInfo;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.api.rest.GroupAccess.Need;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listing and removing groups and snapshots (spec/protocols.md §7.3, spec/rest-api.md §6.3). */
final class SnapshotEndpoints {

  /** Counts of what a removal did. */
  static final Shape REMOVED =
      Shape.object(
          Field.integer("protected-snapshots")
              .meaning("how many were kept, because they are protected or held"),
          Field.integer("removed-groups"),
          Field.integer("removed-snapshots"));

  private static final Shape GROUP =
      Shape.object(
          Field.of(Param.BACKUP_TYPE),
          Field.of(Param.BACKUP_ID),
          Field.integer("last-backup").meaning("of the newest finished one, seconds since 1970"),
          Field.integer("backup-count"),
          Field.text("owner"),
          Field.of("files", Value.TEXT.list()),
          Field.text("comment").orNone().meaning("first line of the notes"));

  private static final Shape FILE =
      Shape.object(
          Field.text("filename"),
          Field.of("crypt-mode", Shape.oneOf("none", "encrypt", "sign-only")).orNone(),
          Field.integer("size").orNone().meaning("bytes of the content"));

  private static final Shape SNAPSHOT =
      Shape.object(
          Field.of(Param.BACKUP_TYPE),
          Field.of(Param.BACKUP_ID),
          Field.of(Param.BACKUP_TIME).meaning("seconds since 1970"),
          Field.text("comment").orNone().meaning("first line of the notes"),
          Field.of(
                  "verification",
                  Shape.object(Field.text("upid"), Field.of("state", Shape.oneOf("ok", "failed"))))
              .orNone(),
          Field.text("fingerprint").orNone().meaning("of the key that encrypts or signs"),
          Field.of("files", FILE.list()),
          Field.integer("size").orNone().meaning("bytes; absent while it is being written"),
          Field.text("owner"),
          Field.flag("protected"),
          Field.integer("held-until")
              .orNone()
              .meaning("nobody can remove it before, seconds since 1970"));

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotEndpoints.class);
  private static final String STORE = "/admin/datastore/{store}";

  /** A push keeps protected snapshots without making an error of it. */
  static final Param ERROR_ON_PROTECTED = Param.bool("error-on-protected");

  private static final Need SEE =
      new Need(Set.of(Privilege.DATASTORE_AUDIT), Set.of(Privilege.DATASTORE_BACKUP));
  private static final Need SEE_FILES =
      new Need(
          Set.of(Privilege.DATASTORE_AUDIT, Privilege.DATASTORE_READ),
          Set.of(Privilege.DATASTORE_BACKUP));
  private static final Need REMOVE =
      new Need(Set.of(Privilege.DATASTORE_MODIFY), Set.of(Privilege.DATASTORE_PRUNE));

  private final GroupAccess access;
  private final DatastoreRegistry stores;

  SnapshotEndpoints(GroupAccess access, DatastoreRegistry stores) {
    this.access = access;
    this.stores = stores;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        STORE + "/groups",
        new Endpoint(
            Doc.list(
                "Lists the backup groups of a namespace.",
                GROUP,
                "the groups that the caller may see"),
            ParamSchema.of(Param.STORE, Param.NS),
            SEE.rule(),
            this::groups));
    router.add(
        "DELETE",
        STORE + "/groups",
        new Endpoint(
            Doc.of(
                "Removes a group with all its snapshots that are neither protected nor held.",
                REMOVED,
                "how much was removed and kept"),
            ParamSchema.of(
                Param.STORE, Param.NS, Param.BACKUP_ID, Param.BACKUP_TYPE, ERROR_ON_PROTECTED),
            REMOVE.rule(),
            this::deleteGroup));
    router.add(
        "GET",
        STORE + "/snapshots",
        new Endpoint(
            Doc.list(
                "Lists the snapshots of a namespace or of some of its groups.",
                SNAPSHOT,
                "the snapshots that the caller may see"),
            ParamSchema.of(
                Param.STORE, Param.NS, Param.BACKUP_TYPE.orNone(), Param.BACKUP_ID.orNone()),
            SEE.rule(),
            this::snapshots));
    // Missing ones are reported in this order, as recorded from a real server.
    ParamSchema snapshot =
        ParamSchema.of(
            Param.STORE, Param.NS, Param.BACKUP_TIME, Param.BACKUP_ID, Param.BACKUP_TYPE);
    router.add(
        "DELETE",
        STORE + "/snapshots",
        new Endpoint(
            Doc.nothing("Removes a snapshot that is neither protected nor held."),
            snapshot,
            REMOVE.rule(),
            this::deleteSnapshot));
    router.add(
        "GET",
        STORE + "/files",
        new Endpoint(
            Doc.list(
                "Lists the files of a snapshot.", FILE, "names, sizes and kinds of encryption"),
            snapshot,
            SEE_FILES.rule(),
            this::files));
  }

  // ---- groups ----

  private ApiResult groups(ApiCall call) {
    Namespace namespace = call.params().namespace();
    GroupAccess.Scope scope = access.scope(call, SEE);
    Datastore store = stores.reading(call.params().store(), call.leases());
    ArrayNode list = Json.array();
    for (GroupId group : store.groups(namespace)) {
      AuthId owner = readableOwner(store, namespace, group);
      List<SnapshotId> snapshots = store.snapshots(namespace, group);
      if (owner != null && scope.covers(owner) && !snapshots.isEmpty()) {
        list.add(groupJson(store, namespace, group, owner, snapshots));
      }
    }
    return ApiResult.of(list);
  }

  private static ObjectNode groupJson(
      Datastore store,
      Namespace namespace,
      GroupId group,
      AuthId owner,
      List<SnapshotId> snapshots) {
    // Without a finished one the newest stands for the group.
    SnapshotId last = store.lastFinished(namespace, group).orElse(snapshots.getLast());
    ObjectNode json =
        Json.object()
            .put("backup-type", group.type().text())
            .put("backup-id", group.id())
            .put("last-backup", last.time())
            .put("backup-count", snapshots.size())
            .put("owner", owner.toString());
    ArrayNode files = json.putArray("files");
    store.info(namespace, last).files().forEach(file -> files.add(file.name()));
    firstLine(store.groupNotes(namespace, group)).ifPresent(line -> json.put("comment", line));
    return json;
  }

  /** Null when it cannot be read: such a group is left out of lists, and the log says why. */
  private static @Nullable AuthId readableOwner(
      Datastore store, Namespace namespace, GroupId group) {
    try {
      return store.owner(namespace, group);
    } catch (BackupException e) {
      LOG.warn("group '{}' in namespace '{}' is not listed: {}", group, namespace, e.text());
      return null;
    }
  }

  private ApiResult deleteGroup(ApiCall call) {
    Namespace namespace = call.params().namespace();
    GroupId group = call.params().group();
    GroupAccess.Scope scope = access.scope(call, REMOVE);
    Datastore store = stores.writing(call.params().store(), call.leases());
    scope.check(store, namespace, group);
    DeleteStats stats = store.deleteGroup(namespace, group);
    stores.removed().clear(store.name(), namespace, group);
    return removed(call, stats);
  }

  /** The answer to the removal of groups (spec/protocols.md §7.3). */
  static ApiResult removed(ApiCall call, DeleteStats stats) {
    if (stats.protectedSnapshots() > 0 && call.params().bool(ERROR_ON_PROTECTED.name(), true)) {
      String held =
          stats.heldSnapshots() == 0
              ? ""
              : ", " + stats.heldSnapshots() + " of them held by mesh.yaml";
      throw BackupException.invalid(
          "group only partially deleted due to protected snapshots" + held);
    }
    return ApiResult.of(
        Json.object()
            .put("protected-snapshots", stats.protectedSnapshots())
            .put("removed-groups", stats.removedGroups())
            .put("removed-snapshots", stats.removedSnapshots()));
  }

  // ---- snapshots ----

  private ApiResult snapshots(ApiCall call) {
    Namespace namespace = call.params().namespace();
    GroupAccess.Scope scope = access.scope(call, SEE);
    Datastore store = stores.reading(call.params().store(), call.leases());
    Optional<BackupType> type =
        call.params().optionalText(Param.BACKUP_TYPE.name()).map(BackupType::parse);
    Optional<String> id = call.params().optionalText(Param.BACKUP_ID.name());
    ArrayNode list = Json.array();
    for (GroupId group : candidates(store, namespace, type, id)) {
      AuthId owner = readableOwner(store, namespace, group);
      if (owner != null && scope.covers(owner)) {
        for (SnapshotId snapshot : store.snapshots(namespace, group)) {
          ObjectNode json = snapshotJson(store.info(namespace, snapshot), owner);
          store
              .held(namespace, snapshot)
              .ifPresent(held -> json.put("held-until", held.until().getEpochSecond()));
          list.add(json);
        }
      }
    }
    return ApiResult.of(list);
  }

  /** A group that is named and absent is no error: a pushing peer asks before it creates. */
  private static List<GroupId> candidates(
      Datastore store, Namespace namespace, Optional<BackupType> type, Optional<String> id) {
    return store.groups(namespace).stream()
        .filter(group -> type.isEmpty() || type.get() == group.type())
        .filter(group -> id.isEmpty() || id.get().equals(group.id()))
        .toList();
  }

  private static ObjectNode snapshotJson(SnapshotInfo info, AuthId owner) {
    ObjectNode json =
        Json.object()
            .put("backup-type", info.id().group().type().text())
            .put("backup-id", info.id().group().id())
            .put("backup-time", info.id().time());
    Manifest manifest = info.manifest();
    if (manifest != null) {
      manifest.notes().flatMap(SnapshotEndpoints::firstLine).ifPresent(l -> json.put("comment", l));
      VerifyState verified = manifest.verifyState();
      if (verified != null) {
        json.putObject("verification")
            .put("upid", verified.upid())
            .put("state", verified.state().text());
      }
      String fingerprint = manifest.keyFingerprint();
      if (fingerprint != null) {
        json.put("fingerprint", fingerprint);
      }
    }
    json.set("files", filesJson(info));
    // No size is how peers know a snapshot that is still being written.
    Long size = info.size();
    if (size != null) {
      json.put("size", size);
    }
    return json.put("owner", owner.toString()).put("protected", info.isProtected());
  }

  private static ArrayNode filesJson(SnapshotInfo info) {
    ArrayNode files = Json.array();
    for (SnapshotInfo.FileInfo file : info.files()) {
      ObjectNode json = files.addObject().put("filename", file.name());
      if (file.crypt() != null) {
        json.put("crypt-mode", file.crypt().text());
      }
      if (file.size() != null) {
        json.put("size", file.size());
      }
    }
    return files;
  }

  private static Optional<String> firstLine(String notes) {
    return notes.lines().findFirst().filter(line -> !line.isEmpty());
  }

  private ApiResult deleteSnapshot(ApiCall call) {
    Namespace namespace = call.params().namespace();
    SnapshotId snapshot = call.params().snapshot();
    GroupAccess.Scope scope = access.scope(call, REMOVE);
    Datastore store = stores.writing(call.params().store(), call.leases());
    scope.check(store, namespace, snapshot.group());
    try {
      store.deleteSnapshot(namespace, snapshot, false);
    } catch (BackupException e) {
      throw new BackupException(e.kind(), "failed to delete snapshot - " + e.text(), e)
          .withFactsOf(e);
    }
    stores.removed().add(store.name(), namespace, snapshot.group(), List.of(snapshot.time()));
    return ApiResult.none();
  }

  private ApiResult files(ApiCall call) {
    Namespace namespace = call.params().namespace();
    SnapshotId snapshot = call.params().snapshot();
    GroupAccess.Scope scope = access.scope(call, SEE_FILES);
    Datastore store = stores.reading(call.params().store(), call.leases());
    scope.check(store, namespace, snapshot.group());
    SnapshotInfo info = store.info(namespace, snapshot);
    if (info.manifest() == null) {
      String problem = info.manifestProblem();
      throw BackupException.invalid(
          problem == null ? "manifest not found for snapshot '" + snapshot + "'" : problem);
    }
    return ApiResult.of(filesJson(info));
  }
}
