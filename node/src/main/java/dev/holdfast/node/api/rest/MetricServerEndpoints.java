package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
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
import dev.holdfast.node.metrics.MetricServerConfig;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Servers that figures are sent to (spec/rest-api.md §6.6, §6.10). A token goes in and never comes
 * out. One that is enabled is asked whether it is there before it is written down.
 */
final class MetricServerEndpoints {
  private static final String CONFIG = "/config/metrics/";
  private static final Param NAME = Param.safeId("name", 3, 32);
  private static final Param ENABLE = Param.bool("enable");

  /** A token is a header of each request, which carries no other characters. */
  private static final String HEADER_TEXT = "[ -~]+";

  private static final String ANY_LINE = "\\P{Cntrl}*";

  /** What is told back of all of them. */
  private static final Shape LISTED =
      Shape.object(
          Field.text("name"),
          Field.of("type", Shape.oneOf(MetricServerConfig.HTTP, MetricServerConfig.UDP)),
          Field.flag("enable"),
          Field.text("server").meaning("its URL, or host and port"),
          Field.of(Param.COMMENT));

  private static final Kind HTTP =
      new Kind(
          MetricServerConfig.HTTP,
          Param.text("url", 1, 512, "https?://\\S+"),
          List.of(
              Param.text("token", 1, 256, HEADER_TEXT).orNone(),
              Param.text("bucket", 1, 256, ANY_LINE).orNone(),
              Param.text("organization", 1, 256, ANY_LINE).orNone(),
              Param.integer("max-body-size", 1024, 1L << 30).orNone(),
              Param.bool("verify-tls")));

  private static final Kind UDP =
      new Kind(
          MetricServerConfig.UDP,
          Param.text("host", 1, 256, "\\S+:[0-9]+"),
          List.of(Param.integer("mtu", 512, 65_507).orNone()));

  /** One kind of server, with what only it has. */
  private record Kind(String type, Param place, List<Param> own) {
    Kind {
      own = List.copyOf(own);
    }

    Stream<Param> options() {
      return Stream.concat(own.stream(), Stream.of(ENABLE, Param.COMMENT));
    }

    Shape.Fields shape() {
      return Shape.object(Field.text("name"), Field.of(place))
          .and(
              options()
                  .filter(option -> !option.name().equals("token"))
                  .map(Field::of)
                  .toArray(Field[]::new));
    }
  }

  private final StateFile<SectionConfig> file;

  MetricServerEndpoints(StateFile<SectionConfig> file) {
    this.file = file;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/admin/metrics",
        new Endpoint(
            Doc.list("Lists the servers that figures are sent to.", LISTED, "all of them")
                .withDigest(),
            ParamSchema.NONE,
            Rule.any("/", Privilege.SYS_AUDIT),
            call -> all()));
    register(router, HTTP);
    register(router, UDP);
  }

  private void register(ApiRouter router, Kind kind) {
    String list = CONFIG + kind.type();
    String one = list + "/{name}";
    Rule audit = Rule.any("/", Privilege.SYS_AUDIT);
    Rule modify = Rule.any("/", Privilege.SYS_MODIFY);
    Shape.Fields shape = kind.shape();
    router.add(
        "GET",
        list,
        new Endpoint(
            Doc.list("Lists metric servers.", shape, "without their tokens").withDigest(),
            ParamSchema.NONE,
            audit,
            call -> list(kind, shape)));
    router.add(
        "POST",
        list,
        new Endpoint(
            Doc.nothing("Adds a metric server, if it is there."),
            schema(Stream.of(NAME, kind.place()), kind),
            modify,
            call -> create(kind, call)));
    router.add(
        "GET",
        one,
        new Endpoint(
            Doc.of("Shows a metric server.", shape, "without its token").withDigest(),
            ParamSchema.of(NAME),
            audit,
            call -> show(kind, shape, call)));
    router.add(
        "PUT",
        one,
        new Endpoint(
            Doc.nothing("Changes a metric server, if it is there then."),
            schema(
                Stream.of(
                    NAME,
                    kind.place().orNone(),
                    Param.choice("delete", kind.options().map(Param::name).toArray(String[]::new))
                        .orNone()
                        .list(),
                    Param.DIGEST),
                kind),
            modify,
            call -> change(kind, call)));
    router.add(
        "DELETE",
        one,
        new Endpoint(
                Doc.nothing("Sends nothing more to a metric server."),
                ParamSchema.of(NAME, Param.DIGEST),
                modify,
                call -> remove(kind, call))
            .absentIs404());
  }

  private static ParamSchema schema(Stream<Param> own, Kind kind) {
    return ParamSchema.of(Stream.concat(own, kind.options()).toArray(Param[]::new));
  }

  // ---- reading ----

  private ApiResult all() {
    StateFile.Loaded<SectionConfig> loaded = file.load();
    ArrayNode list = Json.array();
    for (Section section : loaded.value().sections()) {
      ObjectNode json =
          list.addObject()
              .put("name", section.id())
              .put("type", section.type())
              .put("enable", MetricServerConfig.isEnabled(section))
              .put("server", MetricServerConfig.address(section));
      String comment = section.value(Param.COMMENT.name());
      if (comment != null) {
        json.put(Param.COMMENT.name(), comment);
      }
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult list(Kind kind, Shape.Fields shape) {
    StateFile.Loaded<SectionConfig> loaded = file.load();
    ArrayNode list = Json.array();
    for (Section section : loaded.value().sections()) {
      if (section.type().equals(kind.type())) {
        list.add(json(section, shape));
      }
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult show(Kind kind, Shape.Fields shape, ApiCall call) {
    StateFile.Loaded<SectionConfig> loaded = file.load();
    Section section = require(loaded.value(), kind, call);
    return ApiResult.of(json(section, shape)).with("digest", loaded.digest().hex());
  }

  private static ObjectNode json(Section section, Shape.Fields shape) {
    return Json.putSection(Json.object().put("name", section.id()), shape, section.properties());
  }

  private static Section require(SectionConfig config, Kind kind, ApiCall call) {
    Section section = find(config, kind, call);
    if (section == null) {
      throw BackupException.invalid("no such " + kind.type() + " '" + name(call) + "'");
    }
    return section;
  }

  private static @Nullable Section find(SectionConfig config, Kind kind, ApiCall call) {
    Section section = config.section(name(call));
    return section != null && section.type().equals(kind.type()) ? section : null;
  }

  private static String name(ApiCall call) {
    return call.params().text(NAME.name());
  }

  // ---- changes ----

  private ApiResult create(Kind kind, ApiCall call) {
    Section made =
        changed(kind, new Section(kind.type(), name(call), new TreeMap<>()), call.params());
    requireThere(made);
    var unused =
        file.update(
            old -> {
              if (old.section(made.id()) != null) {
                throw new BackupException(
                    BackupException.Kind.ALREADY_EXISTS,
                    "metric server '" + made.id() + "' already exists.");
              }
              return old.with(made);
            });
    return ApiResult.none();
  }

  private ApiResult change(Kind kind, ApiCall call) {
    Section known = require(file.load().value(), kind, call);
    requireThere(changed(kind, known, call.params()));
    var unused =
        file.update(
            call.params().digest(),
            old -> old.with(changed(kind, require(old, kind, call), call.params())));
    return ApiResult.none();
  }

  private static void requireThere(Section section) {
    var server = MetricServerConfig.server(section);
    if (MetricServerConfig.isEnabled(section)) {
      server.probe();
    }
  }

  private static Section changed(Kind kind, Section old, Params params) {
    NavigableMap<String, List<String>> properties = new TreeMap<>(old.properties());
    params.texts("delete").forEach(properties::remove);
    Stream.concat(Stream.of(kind.place()), kind.options())
        .map(Param::name)
        .filter(params::has)
        .forEach(key -> put(properties, key, value(params, key)));
    return new Section(old.type(), old.id(), properties);
  }

  private static String value(Params params, String key) {
    return switch (key) {
      case "enable", "verify-tls" -> Boolean.toString(params.bool(key, true));
      case "mtu", "max-body-size" -> Long.toString(params.integer(key));
      default -> params.text(key).strip();
    };
  }

  /** An empty text takes the property away. */
  private static void put(NavigableMap<String, List<String>> properties, String key, String value) {
    if (value.isEmpty()) {
      properties.remove(key);
    } else {
      properties.put(key, List.of(value));
    }
  }

  private ApiResult remove(Kind kind, ApiCall call) {
    var unused =
        file.update(
            call.params().digest(),
            old -> {
              if (find(old, kind, call) == null) {
                throw BackupException.notFound(
                    "metric server '" + name(call) + "' does not exist.");
              }
              return old.without(name(call));
            });
    return ApiResult.none();
  }
}
