package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.access.NodeConfig;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.SectionValues;
import dev.holdfast.node.access.StateDirectory;
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
import dev.holdfast.node.api.Shape.Value;

/**
 * Options of the node as a whole (spec/rest-api.md §6.8). Only those are taken that mean something
 * here.
 */
final class NodeConfigEndpoints {

  private static final String CONFIG = "/nodes/{node}/config";
  private static final String DESCRIPTION = "description";

  /** A number among texts. */
  private static final String LOG_DAYS = NodeConfig.TASK_LOG_MAX_DAYS;

  /** A hundred years. */
  private static final int LOG_DAYS_MAX = 36_525;

  private static final Shape OPTIONS =
      Shape.object(
              Field.text(DESCRIPTION).orNone().meaning("notes, of several lines"),
              Field.integer(LOG_DAYS).orNone())
          .andOthers(Value.TEXT);

  private final StateFile<NodeConfig> file;

  NodeConfigEndpoints(StateDirectory directory) {
    file = new StateFile<>(directory, "node.cfg", NodeConfig::parse, NodeConfig::format);
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        CONFIG,
        new Endpoint(
            Doc.of("Shows the options of the node.", OPTIONS, "those that are set").withDigest(),
            ParamSchema.of(NodeEndpoints.NODE),
            Rule.any("/system", Privilege.SYS_AUDIT),
            call -> show()));
    router.add(
        "PUT",
        CONFIG,
        new Endpoint(
            Doc.nothing("Changes options of the node."),
            ParamSchema.of(
                NodeEndpoints.NODE,
                Param.anyText(DESCRIPTION).orNone(),
                Param.text("location", 0, 128, "\\P{Cntrl}*").orNone(),
                Param.text("consent-text", 0, 64 * 1024, "\\P{Cntrl}*").orNone(),
                Param.integer(LOG_DAYS, 0, LOG_DAYS_MAX).orNone(),
                Param.choice("delete", DESCRIPTION, "location", "consent-text", LOG_DAYS)
                    .orNone()
                    .list(),
                Param.DIGEST),
            Rule.any("/system", Privilege.SYS_MODIFY),
            this::change));
  }

  private ApiResult show() {
    StateFile.Loaded<NodeConfig> loaded = file.load();
    ObjectNode json = Json.object();
    loaded
        .value()
        .options()
        .forEach(
            (key, value) -> {
              if (key.equals(LOG_DAYS)) {
                json.put(key, SectionValues.integer(value));
              } else {
                json.put(key, value);
              }
            });
    if (!loaded.value().description().isEmpty()) {
      json.put(DESCRIPTION, loaded.value().description());
    }
    return ApiResult.of(json).with("digest", loaded.digest().hex());
  }

  private ApiResult change(ApiCall call) {
    Params params = call.params();
    file.update(params.digest(), old -> changed(old, params));
    return ApiResult.none();
  }

  private static NodeConfig changed(NodeConfig old, Params params) {
    NodeConfig changed = old;
    for (String key : params.texts("delete")) {
      changed = key.equals(DESCRIPTION) ? changed.withDescription("") : changed.with(key, null);
    }
    if (params.has(DESCRIPTION)) {
      changed = changed.withDescription(params.text(DESCRIPTION));
    }
    for (String key : NodeConfig.OPTIONS) {
      if (params.has(key)) {
        changed = changed.with(key, params.written(key));
      }
    }
    return changed;
  }
}
