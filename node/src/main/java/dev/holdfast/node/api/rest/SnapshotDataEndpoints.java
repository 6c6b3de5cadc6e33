package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.rest.GroupAccess.Need;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;
import java.util.Set;

/**
 * What hangs on a group or snapshot: notes, protection, owner, files (spec/protocols.md §7.3,
 * §7.6).
 */
final class SnapshotDataEndpoints {
  private static final String STORE = "/admin/datastore/{store}";
  private static final String NO_SUCH_FILE =
      "File open failed: No such file or directory (os error 2)";

  private static final Set<Privilege> BACKUP = Set.of(Privilege.DATASTORE_BACKUP);
  private static final Need SEE = new Need(Set.of(Privilege.DATASTORE_AUDIT), BACKUP);
  private static final Need CHANGE = new Need(Set.of(Privilege.DATASTORE_MODIFY), BACKUP);
  private static final Need READ = new Need(Set.of(Privilege.DATASTORE_READ), BACKUP);

  /** No privilege makes up for not being the owner. */
  private static final Need OWN = new Need(Set.of(), BACKUP);

  private final AccessControl control;
  private final GroupAccess access;
  private final DatastoreRegistry stores;

  SnapshotDataEndpoints(AccessControl control, GroupAccess access, DatastoreRegistry stores) {
    this.control = control;
    this.access = access;
    this.stores = stores;
  }

  private static Param[] groupAnd(Param... more) {
    return concat(new Param[] {Param.STORE, Param.NS, Param.BACKUP_ID, Param.BACKUP_TYPE}, more);
  }

  private static Param[] snapshotAnd(Param... more) {
    return groupAnd(concat(new Param[] {Param.BACKUP_TIME}, more));
  }

  private static Param[] concat(Param[] first, Param[] second) {
    Param[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  void register(ApiRouter router) {
    Param notes = Param.anyText("notes");
    router.add(
        "GET",
        STORE + "/notes",
        new Endpoint(
            Doc.text("Shows the notes of a snapshot.", "the notes, empty when there are none"),
            ParamSchema.of(snapshotAnd()),
            SEE.rule(),
            this::notes));
    router.add(
        "PUT",
        STORE + "/notes",
        new Endpoint(
            Doc.nothing("Replaces the notes of a snapshot."),
            ParamSchema.of(snapshotAnd(notes)),
            CHANGE.rule(),
            this::setNotes));
    router.add(
        "GET",
        STORE + "/group-notes",
        new Endpoint(
            Doc.text("Shows the notes of a group.", "the notes, empty when there are none"),
            ParamSchema.of(groupAnd()),
            SEE.rule(),
            this::groupNotes));
    router.add(
        "PUT",
        STORE + "/group-notes",
        new Endpoint(
            Doc.nothing("Replaces the notes of a group."),
            ParamSchema.of(groupAnd(notes)),
            CHANGE.rule(),
            this::setGroupNotes));
    registerProtection(router);
    registerFiles(router);
  }

  private void registerProtection(ApiRouter router) {
    router.add(
        "GET",
        STORE + "/protected",
        new Endpoint(
            Doc.flag("Tells whether a snapshot is protected.", "whether it is"),
            ParamSchema.of(snapshotAnd()),
            SEE.rule(),
            this::isProtected));
    Param wanted = new Param("protected", Param.bool("protected").type(), false);
    router.add(
        "PUT",
        STORE + "/protected",
        new Endpoint(
            Doc.nothing("Protects a snapshot from being removed, or no longer."),
            ParamSchema.of(snapshotAnd(wanted)),
            CHANGE.rule(),
            this::setProtected));
    router.add(
        "POST",
        STORE + "/change-owner",
        new Endpoint(
            Doc.nothing("Gives a group to another user or token."),
            ParamSchema.of(groupAnd(Param.authId("new-owner"))),
            CHANGE.rule(),
            this::changeOwner));
  }

  private void registerFiles(ApiRouter router) {
    router.add(
        "GET",
        STORE + "/download",
        new Endpoint(
            Doc.bytes("Downloads a file of a snapshot as it is stored.", "the file"),
            ParamSchema.of(snapshotAnd(Param.archiveName("file-name"))),
            READ.rule(),
            this::download));
    router.add(
        "POST",
        STORE + "/upload-backup-log",
        new Endpoint(
            Doc.nothing("Adds the client's log to a snapshot, once."),
            ParamSchema.streaming(snapshotAnd()),
            OWN.rule(),
            this::uploadLog,
            DataBlob.BLOB_ENCODED_BYTES_MAX));
  }

  /** A store in which the caller may do the thing with this group. */
  private Datastore open(ApiCall call, GroupId group, Need need) {
    GroupAccess.Scope scope = access.scope(call, need);
    Datastore store =
        need.equals(CHANGE)
            ? stores.writing(call.params().store(), call.leases())
            : stores.reading(call.params().store(), call.leases());
    scope.check(store, call.params().namespace(), group);
    return store;
  }

  // ---- notes ----

  private ApiResult notes(ApiCall call) {
    SnapshotId snapshot = call.params().snapshot();
    Datastore store = open(call, snapshot.group(), SEE);
    return ApiResult.of(store.manifest(call.params().namespace(), snapshot).notes().orElse(""));
  }

  private ApiResult setNotes(ApiCall call) {
    SnapshotId snapshot = call.params().snapshot();
    Datastore store = open(call, snapshot.group(), CHANGE);
    store.updateManifest(
        call.params().namespace(),
        snapshot,
        manifest -> manifest.withNotes(call.params().text("notes")));
    return ApiResult.none();
  }

  private ApiResult groupNotes(ApiCall call) {
    GroupId group = call.params().group();
    Datastore store = open(call, group, SEE);
    return ApiResult.of(store.groupNotes(call.params().namespace(), group));
  }

  private ApiResult setGroupNotes(ApiCall call) {
    GroupId group = call.params().group();
    Datastore store = open(call, group, CHANGE);
    requireGroup(store, call.params().namespace(), group);
    store.setGroupNotes(call.params().namespace(), group, call.params().text("notes"));
    return ApiResult.none();
  }

  /** Throws NOT_FOUND: neither notes nor a lock may make a group. */
  private static AuthId requireGroup(Datastore store, Namespace namespace, GroupId group) {
    return store.owner(namespace, group);
  }

  // ---- protection ----

  private ApiResult isProtected(ApiCall call) {
    SnapshotId snapshot = call.params().snapshot();
    Namespace namespace = call.params().namespace();
    GroupAccess.Scope scope = access.scope(call, SEE);
    Datastore store = stores.reading(call.params().store(), call.leases());
    // An absent snapshot is not protected, and never a 404: that would read as "too old a server".
    if (!store.snapshotExists(namespace, snapshot)) {
      return ApiResult.of(false);
    }
    scope.check(store, namespace, snapshot.group());
    return ApiResult.of(store.isProtected(namespace, snapshot));
  }

  private ApiResult setProtected(ApiCall call) {
    SnapshotId snapshot = call.params().snapshot();
    Datastore store = open(call, snapshot.group(), CHANGE);
    store.setProtected(call.params().namespace(), snapshot, call.params().bool("protected", false));
    return ApiResult.none();
  }

  // ---- owner ----

  private ApiResult changeOwner(ApiCall call) {
    Namespace namespace = call.params().namespace();
    GroupId group = call.params().group();
    AuthId caller = call.who();
    AuthId next = AuthId.parse(call.params().text("new-owner"));
    GroupAccess.Scope scope = access.scope(call, CHANGE);
    Datastore store = stores.writing(call.params().store(), call.leases());
    AuthId owner = requireGroup(store, namespace, group);
    if (!scope.all() && !mayHandOver(caller, owner, next)) {
      throw new BackupException(
          Kind.UNAUTHENTICATED, // 401 is what real servers answer here
          caller
              + " does not have permission to change owner of backup group '"
              + group
              + "' to "
              + next);
    }
    if (!control.active(next)) {
      throw BackupException.invalid(
          (next.isToken() ? "API token '" : "user '") + next + "' is inactive or non-existent");
    }
    try (GroupLock held = store.lockGroup(namespace, group, owner)) {
      store.setOwner(held.namespace(), held.group(), next);
    }
    return ApiResult.none();
  }

  /** Between a user and his tokens, or between his tokens, by that user. */
  private static boolean mayHandOver(AuthId caller, AuthId owner, AuthId next) {
    return !caller.isToken() && caller.equals(owner.owner()) && caller.equals(next.owner());
  }

  // ---- files ----

  private ApiResult download(ApiCall call) throws IOException {
    SnapshotId snapshot = call.params().snapshot();
    Namespace namespace = call.params().namespace();
    Datastore store = open(call, snapshot.group(), READ);
    ArchiveName name = new ArchiveName(call.params().text("file-name"));
    SeekableByteChannel channel;
    try {
      channel = store.openFile(namespace, snapshot, name);
    } catch (BackupException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
      throw new BackupException(Kind.INVALID_INPUT, NO_SUCH_FILE, e);
    }
    return new ApiResult.Download(
        ApiResult.BINARY_TYPE, channel.size(), () -> Channels.newInputStream(channel));
  }

  private ApiResult uploadLog(ApiCall call) {
    SnapshotId snapshot = call.params().snapshot();
    Namespace namespace = call.params().namespace();
    GroupAccess.Scope scope = access.scope(call, OWN);
    Datastore store = stores.writing(call.params().store(), call.leases());
    scope.check(store, namespace, snapshot.group());
    byte[] blob = call.body().bytes();
    // In this order the texts are those of a real server: wrong magic before anything else.
    DataBlob.kind(blob, blob.length);
    DataBlob.checkCrc(blob, blob.length);
    if (!store.snapshotExists(namespace, snapshot)) {
      throw BackupException.invalid("snapshot " + snapshot + " does not exist!");
    }
    store.addClientLog(namespace, snapshot, blob);
    return ApiResult.none();
  }
}
