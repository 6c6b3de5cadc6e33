package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.ParamType;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.notify.NotificationConfig;
import dev.holdfast.node.notify.NotificationConfig.Origin;
import dev.holdfast.node.notify.WebhookSecrets;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One kind of entry of the notification configuration: a kind of target, or matchers
 * (spec/rest-api.md §6.10). Secrets are taken and never shown.
 */
final class NotificationEndpoints {
  private static final String PATH = "/system/notifications";
  private static final Param NAME = Param.safeId("name", 2, 64);
  private static final String PROPERTY_OF_SECRETS = "secret";
  static final Rule SEE = Rule.any(PATH, Privilege.SYS_AUDIT, Privilege.SYS_MODIFY);
  static final Rule CHANGE = Rule.any(PATH, Privilege.SYS_MODIFY);
  static final Field ORIGIN =
      Field.of(
          "origin",
          Shape.oneOf(Stream.of(Origin.values()).map(Origin::text).toArray(String[]::new)));

  private final Kind kind;
  private final NotificationConfig config;
  private final Shape.Fields shape;

  /**
   * @param path below {@code /config/notifications/}
   * @param type of its sections
   * @param secret what is taken and not shown; null when there is none
   */
  record Kind(
      String path,
      String type,
      String words,
      List<Param> required,
      List<Param> optional,
      @Nullable Param secret) {
    Kind {
      required = List.copyOf(required);
      optional = List.copyOf(optional);
    }

    Stream<Param> shown() {
      return Stream.concat(required.stream(), optional.stream().map(Param::orNone));
    }

    private ParamSchema creation() {
      return schema(Stream.concat(Stream.of(NAME), shown()));
    }

    private ParamSchema change() {
      String[] deletable = optional.stream().map(Param::name).toArray(String[]::new);
      return schema(
          Stream.concat(
              Stream.of(NAME, Param.DIGEST, Param.choice("delete", deletable).orNone().list()),
              shown().map(Param::orNone)));
    }

    private ParamSchema schema(Stream<Param> params) {
      Stream<Param> all =
          secret == null ? params : Stream.concat(params, Stream.of(secret.orNone()));
      return ParamSchema.of(all.toArray(Param[]::new));
    }
  }

  NotificationEndpoints(Kind kind, NotificationConfig config) {
    this.kind = kind;
    this.config = config;
    Shape.Fields plain =
        Shape.object(Field.text("name"), ORIGIN)
            .and(kind.shown().map(Field::of).toArray(Field[]::new));
    this.shape =
        kind.secret != null && kind.secret.name().equals(PROPERTY_OF_SECRETS)
            ? plain.and(
                Field.of(PROPERTY_OF_SECRETS, Shape.Value.TEXT.list())
                    .orNone()
                    .meaning("their names only"))
            : plain;
  }

  void register(ApiRouter router) {
    String list = "/config/notifications/" + kind.path;
    String one = list + "/{name}";
    router.add(
        "GET",
        list,
        new Endpoint(
            Doc.list("Lists " + kind.words + ".", shape, "without their secrets"),
            ParamSchema.NONE,
            SEE,
            call -> list()));
    router.add(
        "POST",
        list,
        new Endpoint(
            Doc.nothing("Makes one of the " + kind.words + "."),
            kind.creation(),
            CHANGE,
            this::create));
    router.add(
        "GET",
        one,
        new Endpoint(
                Doc.of("Shows one of the " + kind.words + ".", shape, "without its secrets")
                    .withDigest(),
                ParamSchema.of(NAME),
                SEE,
                this::show)
            .absentIs404());
    router.add(
        "PUT",
        one,
        new Endpoint(
                Doc.nothing("Changes one of the " + kind.words + "."),
                kind.change(),
                CHANGE,
                this::change)
            .absentIs404());
    router.add(
        "DELETE",
        one,
        new Endpoint(
                Doc.nothing("Removes one of the " + kind.words + "."),
                ParamSchema.of(NAME, Param.DIGEST),
                CHANGE,
                this::remove)
            .absentIs404());
  }

  // ---- reading ----

  private ApiResult list() {
    ArrayNode list = Json.array();
    config.ofType(kind.type).forEach(section -> list.add(json(section)));
    return ApiResult.of(list);
  }

  private ApiResult show(ApiCall call) {
    return ApiResult.of(json(require(call))).with("digest", config.digest());
  }

  private Section require(ApiCall call) {
    String name = call.params().text("name");
    return config
        .find(name)
        .filter(section -> section.type().equals(kind.type))
        .orElseThrow(() -> BackupException.notFound("'" + name + "' does not exist"));
  }

  private ObjectNode json(Section section) {
    ObjectNode json =
        Json.object().put("name", section.id()).put("origin", config.origin(section.id()).text());
    return Json.putSection(json, shape, section.properties());
  }

  // ---- changes ----

  private ApiResult create(ApiCall call) {
    Params params = call.params();
    String name = params.text("name");
    config.requireNew(name);
    write(null, name, new TreeMap<>(), params);
    return ApiResult.none();
  }

  private ApiResult change(ApiCall call) {
    Section old = require(call);
    write(call.params().digest(), old.id(), old.properties(), call.params());
    return ApiResult.none();
  }

  private void write(
      @Nullable String digest, String name, SortedMap<String, List<String>> old, Params params) {
    NavigableMap<String, List<String>> properties = new TreeMap<>(old);
    if (params.has("delete")) {
      params.texts("delete").forEach(properties::remove);
    }
    kind.shown()
        .filter(param -> params.has(param.name()))
        .forEach(param -> properties.put(param.name(), values(param, params)));
    Param secret = kind.secret;
    SortedMap<String, List<String>> secrets = null;
    if (secret != null && params.has(secret.name())) {
      secrets = new TreeMap<>();
      if (secret.name().equals(PROPERTY_OF_SECRETS)) {
        List<String> given = params.texts(secret.name());
        secrets.put(secret.name(), WebhookSecrets.merge(config, name, given));
        properties.put(secret.name(), WebhookSecrets.names(given));
      } else {
        secrets.put(secret.name(), List.of(params.text(secret.name())));
      }
    }
    properties.values().removeIf(List::isEmpty);
    config.put(digest, new Section(kind.type, name, properties), secrets);
  }

  private static List<String> values(Param param, Params params) {
    return param.type() instanceof ParamType.ListOf
        ? params.texts(param.name())
        : List.of(params.written(param.name()).strip());
  }

  private ApiResult remove(ApiCall call) {
    Section section = require(call);
    config.remove(call.params().digest(), section.id());
    return ApiResult.none();
  }
}
