package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Authenticator;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.RealmConfig;
import dev.holdfast.node.access.RealmConfig.Realm;
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
import java.util.List;

/** The realms that users come from (spec/rest-api.md §4.1, §6.9, §6.10). */
final class RealmEndpoints {
  private static final String DOMAINS = "/access/domains";
  private static final List<String> REALMS =
      List.of(Authenticator.REALM_SYSTEM, Authenticator.REALM_LOCAL);

  private final StateFile<RealmConfig> realms;

  RealmEndpoints(AccessState access) {
    realms =
        new StateFile<>(access.directory(), "domains.cfg", RealmConfig::parse, RealmConfig::format);
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        DOMAINS,
        new Endpoint(
            Doc.list("Lists the realms that users come from.", "realms with type and comment"),
            ParamSchema.NONE,
            Rule.WORLD,
            call -> list()));
    for (String realm : REALMS) {
      router.add(
          "GET",
          "/config/access/" + realm,
          new Endpoint(
              Doc.object(
                  "Shows the realm " + realm + ".", "comment, and whether it is the default"),
              ParamSchema.NONE,
              Rule.any(DOMAINS, Privilege.SYS_AUDIT),
              call -> show(realm)));
      router.add(
          "PUT",
          "/config/access/" + realm,
          new Endpoint(
              Doc.nothing("Changes the realm " + realm + "."),
              ParamSchema.of(
                  Param.COMMENT,
                  Param.bool("default"),
                  Param.choice("delete", "comment", "default").orNone().list(),
                  Param.DIGEST),
              Rule.any(DOMAINS, Privilege.REALM_ALLOCATE),
              call -> change(realm, call)));
    }
  }

  private ApiResult list() {
    StateFile.Loaded<RealmConfig> loaded = realms.load();
    ArrayNode list = Json.array();
    REALMS.forEach(name -> list.add(json(loaded.value().realm(name))));
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult show(String realm) {
    StateFile.Loaded<RealmConfig> loaded = realms.load();
    return ApiResult.of(json(loaded.value().realm(realm))).with("digest", loaded.digest().hex());
  }

  private static ObjectNode json(Realm realm) {
    ObjectNode json = Json.object().put("realm", realm.name()).put("type", realm.name());
    if (realm.comment() != null) {
      json.put("comment", realm.comment());
    }
    if (realm.isDefault()) {
      json.put("default", true);
    }
    return json;
  }

  private ApiResult change(String name, ApiCall call) {
    Params params = call.params();
    realms.update(params.digest(), config -> config.with(name, realm -> changed(realm, params)));
    return ApiResult.none();
  }

  private static Realm changed(Realm realm, Params params) {
    Realm changed = realm;
    if (params.texts("delete").contains("comment")) {
      changed = changed.withComment(null);
    }
    if (params.texts("delete").contains("default")) {
      changed = changed.asDefault(false);
    }
    String comment = params.text("comment", "").strip();
    if (params.has("comment")) {
      changed = changed.withComment(comment.isEmpty() ? null : comment);
    }
    return changed.asDefault(params.bool("default", changed.isDefault()));
  }
}
