package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.PeerConfig;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.job.Peers;
import dev.holdfast.node.job.RemoteConfig;
import dev.holdfast.node.job.RemoteConfig.Remote;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Servers to sync with: those of {@code remote.cfg}, and the peers of {@code mesh.yaml}, which
 * nobody changes here (spec/rest-api.md §6.10).
 */
final class RemoteEndpoints {

  private static final Shape.Fields SHOWN =
      Shape.object(
          Field.text("name"),
          Field.text("host"),
          Field.integer("port").orNone(),
          Field.text("auth-id"),
          Field.text("fingerprint").orNone(),
          Field.text("comment").orNone(),
          Field.flag("use-node-proxy").orNone());

  private static final String REMOTES = "/config/remote";
  private static final String REMOTE = REMOTES + "/{name}";
  private static final String DECLARED = "declared in mesh.yaml";

  private static final Param NAME = Param.safeId("name", 3, 32);
  private static final Param HOST = Param.text("host", 1, 253, "[A-Za-z0-9._:%\\-]+");
  private static final Param PORT = Param.integer("port", 1, 65_535).orNone();
  private static final Param PASSWORD = Param.text("password", 1, 1024, "\\P{Cntrl}*");
  private static final Param FINGERPRINT =
      Param.text("fingerprint", 95, 95, "[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}").orNone();

  private final AccessControl access;
  private final Peers peers;
  private final SyncJobStore jobs;

  RemoteEndpoints(AccessControl access, Peers peers, SyncJobStore jobs) {
    this.access = access;
    this.peers = peers;
    this.jobs = jobs;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        REMOTES,
        new Endpoint(
            Doc.list("Lists servers to sync with.", SHOWN, "those that the caller may audit")
                .withDigest(),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::list));
    router.add(
        "POST",
        REMOTES,
        new Endpoint(
            Doc.nothing("Names a server to sync with."),
            ParamSchema.of(
                NAME, HOST, Param.authId("auth-id"), PASSWORD, PORT, FINGERPRINT, Param.COMMENT),
            Rule.any("/remote", Privilege.REMOTE_MODIFY),
            this::create));
    router.add(
        "GET",
        REMOTE,
        new Endpoint(
            Doc.of("Shows a server to sync with.", SHOWN, "everything but the password")
                .withDigest(),
            ParamSchema.of(NAME),
            Rule.any("/remote/{name}", Privilege.REMOTE_AUDIT),
            this::show));
    router.add(
        "PUT",
        REMOTE,
        new Endpoint(
            Doc.nothing("Changes a server to sync with."),
            ParamSchema.of(
                NAME,
                HOST.orNone(),
                Param.authId("auth-id").orNone(),
                PASSWORD.orNone(),
                PORT,
                FINGERPRINT,
                Param.COMMENT,
                Param.choice("delete", "comment", "fingerprint", "port").orNone().list(),
                Param.DIGEST),
            Rule.any("/remote/{name}", Privilege.REMOTE_MODIFY),
            this::change));
    router.add(
        "DELETE",
        REMOTE,
        new Endpoint(
                Doc.nothing("Forgets a server to sync with."),
                ParamSchema.of(NAME, Param.DIGEST),
                Rule.any("/remote/{name}", Privilege.REMOTE_MODIFY),
                this::remove)
            .absentIs404());
  }

  private StateFile<RemoteConfig> file() {
    return peers.remoteFile();
  }

  // ---- reading ----

  private ApiResult list(ApiCall call) {
    StateFile.Loaded<RemoteConfig> loaded = file().load();
    ArrayNode list = Json.array();
    Stream.concat(
            peers.configs().stream().map(RemoteEndpoints::json),
            loaded.value().remotes().stream().map(RemoteEndpoints::json))
        .filter(json -> mayAudit(call, json.path("name").asText()))
        .forEach(list::add);
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private boolean mayAudit(ApiCall call, String name) {
    return access.any(call.who(), "/remote/" + name, Set.of(Privilege.REMOTE_AUDIT));
  }

  private ApiResult show(ApiCall call) {
    StateFile.Loaded<RemoteConfig> loaded = file().load();
    String name = call.params().text("name");
    ObjectNode json =
        declared(name)
            .map(RemoteEndpoints::json)
            .orElseGet(() -> json(require(loaded.value(), name)));
    return ApiResult.of(json).with("digest", loaded.digest().hex());
  }

  private Optional<PeerConfig> declared(String name) {
    return peers.configs().stream().filter(peer -> peer.name().equals(name)).findFirst();
  }

  private static Remote require(RemoteConfig config, String name) {
    Remote remote = config.find(name);
    if (remote == null) {
      throw BackupException.invalid("no such remote '" + name + "'");
    }
    return remote;
  }

  private static ObjectNode json(Remote remote) {
    return Json.putValues(Json.object().put("name", remote.name()), SHOWN, remote.properties());
  }

  private static ObjectNode json(PeerConfig peer) {
    return Json.object()
        .put("name", peer.name())
        .put("host", peer.url().host())
        .put("port", peer.url().port())
        .put("auth-id", peer.token().toString())
        .put("fingerprint", peer.pins().iterator().next().toString())
        .put("comment", DECLARED);
  }

  // ---- changes ----

  private ApiResult create(ApiCall call) {
    Params params = call.params();
    String name = params.text("name");
    file()
        .update(
            old -> {
              if (old.find(name) != null || declared(name).isPresent()) {
                throw new BackupException(
                    Kind.ALREADY_EXISTS, "remote '" + name + "' already exists.");
              }
              return old.with(changed(new Remote(name, new TreeMap<>()), params));
            });
    return ApiResult.none();
  }

  private ApiResult change(ApiCall call) {
    Params params = call.params();
    String name = params.text("name");
    requireOurs(name);
    file().update(params.digest(), old -> old.with(changed(require(old, name), params)));
    return ApiResult.none();
  }

  private static Remote changed(Remote remote, Params params) {
    NavigableMap<String, String> properties = new TreeMap<>(remote.properties());
    params.texts("delete").forEach(properties::remove);
    for (String key : List.of("host", "auth-id", "fingerprint", "comment")) {
      params.optionalText(key).ifPresent(text -> put(properties, key, text.strip()));
    }
    params.optionalInteger("port").ifPresent(port -> properties.put("port", Long.toString(port)));
    params
        .optionalText("password")
        .ifPresent(text -> properties.put("password", RemoteConfig.encoded(new Secret(text))));
    return new Remote(remote.name(), properties);
  }

  private static void put(Map<String, String> properties, String key, String value) {
    if (value.isEmpty()) {
      properties.remove(key);
    } else {
      properties.put(key, value);
    }
  }

  private ApiResult remove(ApiCall call) {
    String name = call.params().text("name");
    requireOurs(name);
    jobs.requireUnused(name);
    file()
        .update(
            call.params().digest(),
            old -> {
              if (old.find(name) == null) {
                throw BackupException.notFound("remote '" + name + "' does not exist.");
              }
              return old.without(name);
            });
    return ApiResult.none();
  }

  private void requireOurs(String name) {
    if (declared(name).isPresent()) {
      throw BackupException.invalid("remote '" + name + "' is " + DECLARED + "; change it there");
    }
  }
}
