package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
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
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.traffic.TrafficControl;
import dev.holdfast.replication.wire.SharedRate;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Rules of how fast peers may go, and how fast they do (spec/rest-api.md §6.6, §6.10). */
final class TrafficEndpoints {
  private static final String CONFIG = "/config/traffic-control";
  private static final String RULE = CONFIG + "/{name}";
  private static final String SECTION = "rule";

  private static final Param NAME = Param.safeId("name", 3, 32);
  private static final Param NETWORK = Param.text("network", 1, 64, "[0-9A-Fa-f.:/]+").list();
  private static final List<Param> OPTIONAL =
      List.of(
          rate("rate-in"),
          rate("burst-in"),
          rate("rate-out"),
          rate("burst-out"),
          Param.text("timeframe", 1, 64, "[A-Za-z0-9:.,\\- ]+").orNone().list(),
          Param.userId("users").orNone().list(),
          Param.COMMENT);

  private static final Shape.Fields SHAPE =
      Shape.object(Field.text("name"), Field.of(NETWORK).meaning("as 10.0.0.0/8"))
          .and(OPTIONAL.stream().map(Field::of).toArray(Field[]::new));
  private static final Shape WITH_RATES =
      SHAPE.and(
          Field.integer("cur-rate-in").meaning("bytes per second that come in"),
          Field.integer("cur-rate-out").meaning("bytes per second that go out"));

  private final TrafficControl traffic;

  TrafficEndpoints(TrafficControl traffic) {
    this.traffic = traffic;
  }

  private static Param rate(String name) {
    return Param.text(name, 1, 32, "[0-9.]+\\s*[A-Za-z]*").orNone();
  }

  void register(ApiRouter router) {
    Rule modify = Rule.any("/", Privilege.SYS_MODIFY);
    Rule audit = Rule.any("/", Privilege.SYS_AUDIT);
    router.add(
        "GET",
        CONFIG,
        new Endpoint(
            Doc.list("Lists the traffic rules.", SHAPE, "their configurations").withDigest(),
            ParamSchema.NONE,
            modify,
            call -> list(false)));
    router.add(
        "GET",
        "/admin/traffic-control",
        new Endpoint(
            Doc.list("Lists the traffic rules with what goes through.", WITH_RATES, "with rates")
                .withDigest(),
            ParamSchema.NONE,
            audit,
            call -> list(true)));
    router.add(
        "POST",
        CONFIG,
        new Endpoint(
            Doc.nothing("Makes a traffic rule."),
            schema(Stream.of(NAME, NETWORK)),
            modify,
            this::create));
    router.add(
        "GET",
        RULE,
        new Endpoint(
            Doc.of("Shows a traffic rule.", SHAPE, "its configuration").withDigest(),
            ParamSchema.of(NAME),
            audit,
            this::show));
    router.add(
        "PUT",
        RULE,
        new Endpoint(
            Doc.nothing("Changes a traffic rule; connections feel it at once."),
            schema(
                Stream.of(
                    NAME,
                    NETWORK.orNone(),
                    Param.choice(
                            "delete", OPTIONAL.stream().map(Param::name).toArray(String[]::new))
                        .orNone()
                        .list(),
                    Param.DIGEST)),
            modify,
            this::change));
    router.add(
        "DELETE",
        RULE,
        new Endpoint(
                Doc.nothing("Removes a traffic rule."),
                ParamSchema.of(NAME, Param.DIGEST),
                modify,
                this::remove)
            .absentIs404());
  }

  private static ParamSchema schema(Stream<Param> own) {
    return ParamSchema.of(Stream.concat(own, OPTIONAL.stream()).toArray(Param[]::new));
  }

  // ---- reading ----

  private ApiResult list(boolean withRates) {
    StateFile.Loaded<SectionConfig> loaded = traffic.load();
    ArrayNode list = Json.array();
    for (Section section : loaded.value().sections()) {
      ObjectNode json = json(section);
      if (withRates) {
        Optional<SharedRate> rate = traffic.rate(section.id());
        json.put("cur-rate-in", rate.map(SharedRate::inBytesPerSecond).orElse(0L))
            .put("cur-rate-out", rate.map(SharedRate::outBytesPerSecond).orElse(0L));
      }
      list.add(json);
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult show(ApiCall call) {
    StateFile.Loaded<SectionConfig> loaded = traffic.load();
    String name = call.params().text(NAME.name());
    Section section = loaded.value().section(name);
    if (section == null) {
      throw BackupException.invalid("no such " + SECTION + " '" + name + "'");
    }
    return ApiResult.of(json(section)).with("digest", loaded.digest().hex());
  }

  private static ObjectNode json(Section section) {
    return Json.putSection(Json.object().put("name", section.id()), SHAPE, section.properties());
  }

  // ---- changes ----

  private ApiResult create(ApiCall call) {
    String name = call.params().text(NAME.name());
    traffic.update(
        null,
        old -> {
          if (old.section(name) != null) {
            throw new BackupException(
                Kind.ALREADY_EXISTS, "traffic control rule '" + name + "' already exists.");
          }
          return old.with(changed(new Section(SECTION, name, new TreeMap<>()), call.params()));
        });
    return ApiResult.none();
  }

  private ApiResult change(ApiCall call) {
    Params params = call.params();
    String name = params.text(NAME.name());
    traffic.update(
        params.digest(),
        old -> {
          Section section = old.section(name);
          if (section == null) {
            throw BackupException.invalid("no such " + SECTION + " '" + name + "'");
          }
          return old.with(changed(section, params));
        });
    return ApiResult.none();
  }

  private static Section changed(Section old, Params params) {
    NavigableMap<String, List<String>> properties = new TreeMap<>(old.properties());
    params.texts("delete").forEach(properties::remove);
    for (String key : List.of("network", "timeframe", "users")) {
      if (params.has(key)) {
        properties.put(key, params.texts(key));
      }
    }
    for (String key : List.of("rate-in", "burst-in", "rate-out", "burst-out", "comment")) {
      params.optionalText(key).ifPresent(text -> put(properties, key, text.strip()));
    }
    properties.values().removeIf(List::isEmpty);
    return new Section(SECTION, old.id(), properties);
  }

  private static void put(NavigableMap<String, List<String>> properties, String key, String value) {
    if (value.isEmpty()) {
      properties.remove(key);
    } else {
      properties.put(key, List.of(value));
    }
  }

  private ApiResult remove(ApiCall call) {
    String name = call.params().text(NAME.name());
    traffic.update(
        call.params().digest(),
        old -> {
          if (old.section(name) == null) {
            throw BackupException.notFound("traffic control rule '" + name + "' does not exist.");
          }
          return old.without(name);
        });
    return ApiResult.none();
  }
}
