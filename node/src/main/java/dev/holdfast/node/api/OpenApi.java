package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.api.ApiRouter.Route;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The OpenAPI 3.1 document of the {@code json} interface, made from the table of endpoints: what
 * the node checks is what the document says.
 */
public final class OpenApi {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String JSON = "application/json";
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^}]+)}");

  private OpenApi() {}

  /**
   * @param version of this program
   */
  public static ObjectNode document(List<Route> routes, String version) {
    ObjectNode document = object().put("openapi", "3.1.0");
    document
        .putObject("info")
        .put("title", "Holdfast")
        .put("version", version)
        .put(
            "description",
            "The REST interface of a Holdfast node. Errors are plain text, whatever their content"
                + " type says.");
    document.putArray("servers").addObject().put("url", "/api2/json");
    ObjectNode schemes = document.putObject("components").putObject("securitySchemes");
    schemes
        .putObject("ticket")
        .put("type", "apiKey")
        .put("in", "cookie")
        .put("name", "PBSAuthCookie")
        .put("description", "With it, calls other than GET need the header CSRFPreventionToken.");
    schemes
        .putObject("token")
        .put("type", "apiKey")
        .put("in", "header")
        .put("name", "Authorization")
        .put("description", "PBSAPIToken=USER@REALM!NAME:SECRET");
    ObjectNode paths = document.putObject("paths");
    for (Route route : routes) {
      ObjectNode path =
          paths.path(route.template()) instanceof ObjectNode known
              ? known
              : paths.putObject(route.template());
      path.set(route.method().toLowerCase(Locale.ROOT), operation(route));
    }
    return document;
  }

  private static ObjectNode operation(Route route) {
    Endpoint endpoint = route.endpoint();
    ObjectNode operation =
        object()
            .put("summary", endpoint.doc().does())
            .put("description", "Permission: " + endpoint.permission() + ".")
            .put("operationId", operationId(route));
    ArrayNode security = operation.putArray("security");
    if (!(endpoint.rule() instanceof Endpoint.Rule.World)) {
      security.addObject().putArray("ticket");
      security.addObject().putArray("token");
    }
    parameters(route, operation);
    responses(endpoint, operation.putObject("responses"));
    return operation;
  }

  /** {@code get-admin-datastore-store-status}. */
  private static String operationId(Route route) {
    return (route.method() + route.template())
        .toLowerCase(Locale.ROOT)
        .replaceAll("[{}]", "")
        .replace('/', '-')
        .replaceAll("-$", "");
  }

  // ---- parameters ----

  private static void parameters(Route route, ObjectNode operation) {
    ArrayNode list = operation.putArray("parameters");
    Matcher names = PLACEHOLDER.matcher(route.template());
    List<String> inPath = names.results().map(name -> name.group(1)).toList();
    for (String name : inPath) {
      Param param = route.endpoint().schema().find(name);
      ObjectNode json = list.addObject().put("name", name).put("in", "path").put("required", true);
      json.set(
          "schema", param == null ? object().put("type", "string") : JsonSchemas.of(param.type()));
    }
    boolean inBody =
        (route.method().equals("POST") || route.method().equals("PUT"))
            && !route.endpoint().schema().isStreaming();
    List<Param> others =
        route.endpoint().schema().all().stream()
            .filter(param -> !inPath.contains(param.name()))
            .toList();
    if (inBody) {
      body(operation, others);
      return;
    }
    for (Param param : others) {
      list.addObject()
          .put("name", param.name())
          .put("in", "query")
          .put("required", !param.optional())
          .set("schema", JsonSchemas.of(param.type()));
    }
    if (route.endpoint().schema().isStreaming()) {
      operation
          .putObject("requestBody")
          .put("required", true)
          .putObject("content")
          .putObject(ApiResult.BINARY_TYPE);
    }
  }

  private static void body(ObjectNode operation, List<Param> params) {
    if (params.isEmpty()) {
      return;
    }
    ObjectNode schema = object().put("type", "object").put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    params.forEach(param -> properties.set(param.name(), JsonSchemas.of(param.type())));
    List<Param> required = params.stream().filter(param -> !param.optional()).toList();
    if (!required.isEmpty()) {
      ArrayNode names = schema.putArray("required");
      required.forEach(param -> names.add(param.name()));
    }
    ObjectNode content =
        operation
            .putObject("requestBody")
            .put("required", !required.isEmpty())
            .putObject("content");
    content.putObject(FORM).set("schema", schema);
    content.putObject(JSON).set("schema", schema.deepCopy());
  }

  // ---- answers ----

  private static void responses(Endpoint endpoint, ObjectNode responses) {
    if (endpoint.isRefused()) {
      error(responses, "501", "not here, and why");
    } else {
      success(endpoint.doc(), responses.putObject("200"));
    }
    error(responses, "400", "the path or a parameter is wrong, or it cannot be done, and why");
    if (!(endpoint.rule() instanceof Endpoint.Rule.World)
        || endpoint.schema().find("password") != null) {
      error(responses, "401", "no login, or not a valid one");
    }
    if (endpoint.rule() instanceof Endpoint.Rule.Superuser
        || endpoint.rule() instanceof Endpoint.Rule.Allowed
        || endpoint.rule() instanceof Endpoint.Rule.Inside) {
      error(responses, "403", "the permission is missing");
    }
    error(responses, "404", "no such path");
    error(responses, "414", "the target is too long");
    endpoint.doc().failures().forEach((status, when) -> error(responses, "" + status, when));
  }

  private static void error(ObjectNode responses, String status, String description) {
    responses.putObject(status).put("description", description);
  }

  private static void success(Doc doc, ObjectNode response) {
    response.put("description", doc.returns());
    Shape envelope = doc.envelope();
    if (envelope == null && doc.rawTypes().isEmpty()) {
      return;
    }
    ObjectNode content = response.putObject("content");
    if (envelope != null) {
      content.putObject(ApiResult.JSON_TYPE).set("schema", JsonSchemas.of(envelope));
    }
    doc.rawTypes().forEach(content::putObject);
  }

  private static ObjectNode object() {
    return JsonSchemas.object();
  }
}
