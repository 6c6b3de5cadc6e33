package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.RealmConfig;
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
import dev.holdfast.node.api.Params;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Realms that an administrator adds: providers and directories (spec/rest-api.md §6.10). */
final class RealmConfigEndpoints {
  private static final String DOMAINS = "/access/domains";
  private static final Param REALM = Param.safeId("realm", 2, 32);

  private final AccessState access;
  private final RealmTypes type;

  private RealmConfigEndpoints(AccessState access, RealmTypes type) {
    this.access = access;
    this.type = type;
  }

  static void register(ApiRouter router, AccessState access) {
    RealmTypes.all().forEach(type -> new RealmConfigEndpoints(access, type).register(router));
  }

  private void register(ApiRouter router) {
    String path = "/config/access/" + type.name();
    Rule allocate = Rule.any(DOMAINS, Privilege.REALM_ALLOCATE);
    router.add(
        "GET",
        path,
        new Endpoint(
            Doc.list(
                    "Lists realms of type " + type.label() + ".",
                    type.shape(),
                    "realms without their secrets")
                .withDigest(),
            ParamSchema.NONE,
            allocate,
            call -> list()));
    router.add(
        "POST",
        path,
        new Endpoint(
            Doc.nothing("Makes a realm of type " + type.label() + "."),
            ParamSchema.of(
                Stream.of(Stream.of(REALM), type.required().stream(), type.optional().stream())
                    .flatMap(params -> params)
                    .toArray(Param[]::new)),
            allocate,
            this::create));
    router.add(
        "GET",
        path + "/{realm}",
        new Endpoint(
            Doc.of(
                    "Shows a realm of type " + type.label() + ".",
                    type.shape(),
                    "everything but its secrets")
                .withDigest(),
            ParamSchema.of(REALM),
            Rule.any(DOMAINS, Privilege.SYS_AUDIT),
            this::show));
    router.add(
        "PUT",
        path + "/{realm}",
        new Endpoint(
            Doc.nothing("Changes a realm of type " + type.label() + "."),
            ParamSchema.of(
                Stream.of(
                        Stream.of(REALM),
                        type.required().stream().map(Param::orNone),
                        type.optional().stream(),
                        Stream.of(
                            Param.choice(
                                    "delete",
                                    type.optional().stream()
                                        .map(Param::name)
                                        .toArray(String[]::new))
                                .orNone()
                                .list(),
                            Param.DIGEST))
                    .flatMap(params -> params)
                    .toArray(Param[]::new)),
            allocate,
            this::change));
    router.add(
        "DELETE",
        path + "/{realm}",
        new Endpoint(
                Doc.nothing("Removes a realm of type " + type.label() + ", and none of its users."),
                ParamSchema.of(REALM, Param.DIGEST),
                allocate,
                this::remove)
            .absentIs404());
  }

  // ---- reading ----

  private ApiResult list() {
    StateFile.Loaded<RealmConfig> loaded = access.realms().load();
    ArrayNode list = Json.array();
    loaded.value().added().stream()
        .filter(section -> section.type().equals(type.name()))
        .forEach(section -> list.add(json(section)));
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult show(ApiCall call) {
    StateFile.Loaded<RealmConfig> loaded = access.realms().load();
    return ApiResult.of(json(required(loaded.value(), call.params())))
        .with("digest", loaded.digest().hex());
  }

  private Section required(RealmConfig config, Params params) {
    String name = params.text("realm");
    Section section = config.find(name);
    if (section == null || !section.type().equals(type.name())) {
      throw BackupException.notFound("realm '" + name + "' does not exist.");
    }
    return section;
  }

  private ObjectNode json(Section section) {
    return Json.putSection(
        Json.object().put("realm", section.id()), type.shape(), section.properties());
  }

  // ---- changes ----

  private ApiResult create(ApiCall call) {
    String name = call.params().text("realm");
    Section section = Section.of(type.name(), name, values(new TreeMap<>(), call.params()));
    type.check().accept(section);
    access
        .realms()
        .update(
            config -> {
              if (config.exists(name)) {
                throw ParamSchema.refusal("realm", "realm '" + name + "' already exists.");
              }
              return config.with(section);
            });
    keepPassword(name, call.params());
    return ApiResult.none();
  }

  private ApiResult change(ApiCall call) {
    Params params = call.params();
    String name = params.text("realm");
    access
        .realms()
        .update(
            params.digest(),
            config -> {
              NavigableMap<String, String> old = new TreeMap<>(required(config, params).single());
              params.texts("delete").forEach(old::remove);
              Section section = Section.of(type.name(), name, values(old, params));
              type.check().accept(section);
              return config.with(section);
            });
    if (params.texts("delete").contains(RealmTypes.PASSWORD)) {
      access.realmSecrets().set(name, null);
    }
    keepPassword(name, params);
    return ApiResult.none();
  }

  private void keepPassword(String name, Params params) {
    if (type.secret().contains(RealmTypes.PASSWORD)) {
      params
          .optionalText(RealmTypes.PASSWORD)
          .ifPresent(password -> access.realmSecrets().set(name, new Secret(password)));
    }
  }

  private ApiResult remove(ApiCall call) {
    String name = call.params().text("realm");
    access
        .realms()
        .update(
            call.params().digest(),
            config -> {
              var there = required(config, call.params());
              return config.without(there.id());
            });
    access.realmSecrets().set(name, null);
    return ApiResult.none();
  }

  private NavigableMap<String, String> values(Map<String, String> old, Params params) {
    NavigableMap<String, String> values = new TreeMap<>(old);
    Stream.concat(type.required().stream(), type.optional().stream())
        .map(Param::name)
        .filter(name -> params.has(name) && !name.equals(RealmTypes.PASSWORD))
        .forEach(name -> values.put(name, params.written(name).strip()));
    if (values.getOrDefault("comment", "x").isEmpty()) {
      values.remove("comment");
    }
    return values;
  }
}
