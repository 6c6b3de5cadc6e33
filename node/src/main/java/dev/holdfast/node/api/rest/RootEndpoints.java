package dev.holdfast.node.api.rest;

import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;

/** What everybody asks first: version and sign of life (spec/rest-api.md §6.1). */
final class RootEndpoints {
  /**
   * What peers are told. They choose what they send by it: with 3.2.11 a push lets protected
   * snapshots be kept and expects deletion statistics (spec/rest-api.md §9). A 4.x would promise
   * all that is new there.
   */
  static final String VERSION = "3.2";

  static final String RELEASE = "11";

  /** Hex as clients expect; this program's name, since it comes from no such repository. */
  private static final String REPOSITORY_ID = "686f6c6466617374"; // "holdfast"

  private RootEndpoints() {}

  static void register(ApiRouter router) {
    router.add(
        "GET",
        "/version",
        new Endpoint(
            Doc.of(
                "Tells which release's behaviour this is.",
                Shape.object(Field.text("version"), Field.text("release"), Field.text("repoid")),
                "version, release, repository id"),
            ParamSchema.NONE,
            Rule.ANYBODY,
            call ->
                ApiResult.of(
                    Json.object()
                        .put("version", VERSION)
                        .put("release", RELEASE)
                        .put("repoid", REPOSITORY_ID))));
    router.add(
        "GET",
        "/ping",
        new Endpoint(
            Doc.of("Answers.", Shape.object(Field.flag("pong")), "a pong"),
            ParamSchema.NONE,
            Rule.WORLD,
            call -> ApiResult.of(Json.object().put("pong", true))));
    router.add(
        "GET",
        "/nodes",
        new Endpoint(
            Doc.list(
                "Lists the nodes, of which there is one.",
                Shape.object(Field.text("node")),
                "its name"),
            ParamSchema.NONE,
            Rule.SUPERUSER,
            call -> {
              var nodes = Json.array();
              nodes.addObject().put("node", "localhost");
              return ApiResult.of(nodes);
            }));
  }
}
