package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Authenticator;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.RealmConfig;
import dev.holdfast.node.access.RealmConfig.Realm;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.access.realm.DirectoryRealm;
import dev.holdfast.node.access.realm.DirectorySync;
import dev.holdfast.node.access.realm.OpenIdRealm;
import dev.holdfast.node.access.realm.SyncOptions;
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
import dev.holdfast.node.task.TaskRegistry;
import java.util.List;

/** The realms that users come from (spec/rest-api.md §4.1, §6.9, §6.10). */
final class RealmEndpoints {

  private static final Shape REALM =
      Shape.object(
          Field.text("realm"),
          Field.of("type", Shape.oneOf("pam", "pbs", "openid", "ldap", "ad")),
          Field.text("comment").orNone(),
          Field.flag("default").orNone());

  private static final String DOMAINS = "/access/domains";
  private static final List<String> REALMS =
      List.of(Authenticator.REALM_SYSTEM, Authenticator.REALM_LOCAL);

  private final AccessState access;
  private final StateFile<RealmConfig> realms;
  private final TaskRegistry tasks;

  RealmEndpoints(AccessState access, TaskRegistry tasks) {
    this.access = access;
    this.realms = access.realms();
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        DOMAINS,
        new Endpoint(
            Doc.list(
                    "Lists the realms that users come from.", REALM, "realms with type and comment")
                .withDigest(),
            ParamSchema.NONE,
            Rule.WORLD,
            call -> list()));
    router.add(
        "POST",
        DOMAINS + "/{realm}/sync",
        new Endpoint(
            Doc.task("Brings the users of a directory here."),
            ParamSchema.of(
                Param.safeId("realm", 2, 32),
                Param.bool("dry-run"),
                Param.text("remove-vanished", 0, 64, "[a-z;]*").orNone(),
                Param.bool("enable-new")),
            Rule.any("/access/users", Privilege.PERMISSIONS_MODIFY),
            this::sync));
    for (String realm : REALMS) {
      router.add(
          "GET",
          "/config/access/" + realm,
          new Endpoint(
              Doc.of(
                      "Shows the realm " + realm + ".",
                      REALM,
                      "comment, and whether it is the default")
                  .withDigest(),
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
    loaded.value().realms().forEach(realm -> list.add(json(realm)));
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult show(String realm) {
    StateFile.Loaded<RealmConfig> loaded = realms.load();
    return ApiResult.of(json(loaded.value().realm(realm))).with("digest", loaded.digest().hex());
  }

  private static ObjectNode json(Realm realm) {
    ObjectNode json = Json.object().put("realm", realm.name()).put("type", realm.type());
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

  private ApiResult sync(ApiCall call) {
    Params params = call.params();
    String name = params.text("realm");
    Section section = realms.value().find(name);
    if (section == null || section.type().equals(OpenIdRealm.TYPE)) {
      throw BackupException.invalid("realm '" + name + "' has no users to bring here");
    }
    DirectoryRealm realm = DirectoryRealm.of(section);
    SyncOptions options = realm.sync();
    if (params.has("remove-vanished")) {
      options = options.removing(params.text("remove-vanished"));
    }
    SyncOptions wanted = options.enablingNew(params.bool("enable-new", options.enableNew()));
    boolean dryRun = params.bool("dry-run", false);
    return ApiResult.of(
        tasks
            .spawn(
                "realm-sync",
                name,
                call.who(),
                task -> new DirectorySync(access, realm, wanted, task::log).run(dryRun))
            .toString());
  }
}
