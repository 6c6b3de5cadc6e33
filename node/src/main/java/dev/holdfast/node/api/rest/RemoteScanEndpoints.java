package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.job.Peers;
import dev.holdfast.replication.peer.RemoteNode;
import java.util.Map;
import java.util.TreeMap;

/** Looking at what a remote has, with its own answers (spec/rest-api.md §6.10). */
final class RemoteScanEndpoints {

  private static final Shape STORES = ofRemote(Field.text("store"));
  private static final Shape NAMESPACES = ofRemote(Field.text("ns"));
  private static final Shape GROUPS =
      ofRemote(
          Field.text("backup-type"),
          Field.text("backup-id"),
          Field.integer("last-backup").meaning("seconds since 1970"),
          Field.integer("backup-count"),
          Field.of("files", Value.TEXT.list()));

  /** What every version of a server tells; newer ones tell more. */
  private static Shape ofRemote(Field... fields) {
    return Shape.object(fields).andOthers(Value.ANYTHING);
  }

  private static final String SCAN = "/config/remote/{name}/scan";
  private static final Param NAME = Param.safeId("name", 3, 32);
  private static final Rule AUDIT = Rule.any("/remote/{name}", Privilege.REMOTE_AUDIT);

  private final Peers peers;

  RemoteScanEndpoints(Peers peers) {
    this.peers = peers;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        SCAN,
        new Endpoint(
                Doc.list(
                    "Lists the datastores of a remote.", STORES, "those that our login there sees"),
                ParamSchema.of(NAME),
                AUDIT,
                call -> ask(call, "/admin/datastore", Map.of()))
            .asksRemote());
    router.add(
        "GET",
        SCAN + "/{store}/namespaces",
        new Endpoint(
                Doc.list(
                    "Lists the namespaces of a remote's datastore.",
                    NAMESPACES,
                    "those that we see there"),
                ParamSchema.of(NAME, Param.STORE),
                AUDIT,
                call -> ask(call, store(call) + "/namespace", Map.of()))
            .asksRemote());
    router.add(
        "GET",
        SCAN + "/{store}/groups",
        new Endpoint(
                Doc.list(
                    "Lists the groups of a remote's namespace.", GROUPS, "those that we see there"),
                ParamSchema.of(NAME, Param.STORE, Param.namespace("namespace")),
                AUDIT,
                this::groups)
            .asksRemote());
  }

  private static String store(ApiCall call) {
    return "/admin/datastore/" + call.params().store();
  }

  private ApiResult groups(ApiCall call) {
    Map<String, String> query = new TreeMap<>();
    call.params()
        .optionalText("namespace")
        .filter(ns -> !ns.isEmpty())
        .ifPresent(ns -> query.put("ns", ns));
    return ask(call, store(call) + "/groups", query);
  }

  private ApiResult ask(ApiCall call, String path, Map<String, String> query) {
    String name = call.params().text("name");
    var known = peers.config(name); // an unknown one is the caller's mistake, not the remote's
    try {
      RemoteNode remote = peers.remote(known.name());
      JsonNode list = remote.get(path, query);
      return ApiResult.of(list);
    } catch (BackupException e) {
      Kind kind = e.kind() == Kind.PEER_UNTRUSTED ? e.kind() : Kind.PEER_UNREACHABLE;
      throw new BackupException(kind, "failed to scan remote '" + name + "' - " + e.text(), e);
    }
  }
}
