package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateFile;
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
import dev.holdfast.node.job.SyncJobConfig;
import dev.holdfast.node.job.SyncKeys;
import java.util.List;

/** Encryption keys that the node keeps for syncs (spec/rest-api.md §6.10). */
final class SyncKeyEndpoints {
  private static final String KEYS = "/config/encryption-keys";
  private static final String KEY = KEYS + "/{id}";
  private static final String ACL_PATH = "/system/encryption-keys";

  private static final Param ID = Param.safeId("id", 3, 32);
  private static final Param ARCHIVED = Param.bool("include-archived");

  private static final Shape.Fields LISTED =
      Shape.object(
          Field.text("id"),
          Field.text("fingerprint"),
          Field.text("kdf"),
          Field.integer("created").orNone().meaning("seconds since 1970"),
          Field.integer("modified").orNone().meaning("seconds since 1970"),
          Field.text("path").meaning("in the state directory"),
          Field.text("hint").orNone(),
          Field.integer("archived-at").orNone().meaning("seconds since 1970"));

  private final SyncKeys keys;
  private final SyncJobStore jobs;

  SyncKeyEndpoints(SyncKeys keys, SyncJobStore jobs) {
    this.keys = keys;
    this.jobs = jobs;
  }

  void register(ApiRouter router) {
    Rule modifyOne = Rule.any(ACL_PATH + "/{id}", Privilege.SYS_MODIFY);
    router.add(
        "GET",
        KEYS,
        new Endpoint(
            Doc.list("Lists the keys for syncs.", LISTED, "what is known of each, no secrets")
                .withDigest(),
            ParamSchema.of(ARCHIVED),
            Rule.any(ACL_PATH, Privilege.SYS_AUDIT),
            this::list));
    router.add(
        "POST",
        KEYS,
        new Endpoint(
            Doc.untyped("Makes a key for syncs, or keeps one.", "the key file, which is secret"),
            ParamSchema.of(ID, Param.anyText("key").orNone()),
            Rule.any(ACL_PATH, Privilege.SYS_MODIFY),
            this::create));
    router.add(
        "POST",
        KEY,
        new Endpoint(
                Doc.nothing("Archives a key for syncs, or takes it back into use."),
                ParamSchema.of(ID),
                modifyOne,
                this::toggleArchived)
            .absentIs404());
    router.add(
        "DELETE",
        KEY,
        new Endpoint(
                Doc.nothing("Forgets a key for syncs for good."),
                ParamSchema.of(ID),
                modifyOne,
                this::delete)
            .absentIs404());
  }

  private ApiResult list(ApiCall call) {
    boolean all = call.params().bool(ARCHIVED.name(), false);
    StateFile.Loaded<SectionConfig> loaded = keys.load();
    ArrayNode list = Json.array();
    for (Section key : loaded.value().sections()) {
      if (all || !SyncKeys.isArchived(key)) {
        ObjectNode json = Json.object().put("id", key.id());
        list.add(Json.putSection(json, LISTED, key.properties()));
      }
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult create(ApiCall call) {
    String given = call.params().optionalText("key").orElse(null);
    return ApiResult.of(KeyFileJson.tree(keys.create(id(call), given)));
  }

  private ApiResult toggleArchived(ApiCall call) {
    keys.toggleArchived(id(call));
    return ApiResult.none();
  }

  private ApiResult delete(ApiCall call) {
    String id = id(call);
    List<String> users =
        jobs.configs().all().stream()
            .filter(job -> job.keys().contains(id))
            .map(SyncJobConfig::id)
            .toList();
    keys.delete(id, users);
    return ApiResult.none();
  }

  private static String id(ApiCall call) {
    return call.params().text(ID.name());
  }
}
