package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.PercentCoding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the endpoint of a path. Templates are {@code /admin/datastore/{store}/groups}; a GET on an
 * inner node lists its children. Filled once, before the server starts; then only read.
 */
public final class ApiRouter {
  private final Node root = new Node();
  private final List<Route> routes = new ArrayList<>();

  /** One line of the table of endpoints. */
  public record Route(String method, String template, Endpoint endpoint) {}

  /** What a path and method lead to. */
  public record Match(Endpoint endpoint, Map<String, String> path) {
    public Match {
      path = Map.copyOf(path);
    }
  }

  private static final class Node {
    final SortedMap<String, Node> children = new TreeMap<>();
    @Nullable String placeholder;
    @Nullable Node anything;
    final Map<String, Endpoint> methods = new LinkedHashMap<>();
  }

  /** Returns this; throws when the route is there already. */
  public ApiRouter add(String method, String template, Endpoint endpoint) {
    Node node = root;
    for (String part : template.split("/", -1)) {
      if (!part.isEmpty()) {
        node = child(node, part);
      }
    }
    if (node.methods.putIfAbsent(method, endpoint) != null) {
      throw new IllegalStateException(method + " " + template + " is routed already");
    }
    routes.add(new Route(method, template, endpoint));
    return this;
  }

  /** The table, as it was filled; listings of inner nodes are not in it. */
  public List<Route> routes() {
    return List.copyOf(routes);
  }

  private static Node child(Node node, String part) {
    if (!part.startsWith("{")) {
      return node.children.computeIfAbsent(part, k -> new Node());
    }
    String name = part.substring(1, part.length() - 1);
    if (node.placeholder != null && !node.placeholder.equals(name)) {
      throw new IllegalStateException(
          "placeholder {" + name + "} where {" + node.placeholder + "} is");
    }
    node.placeholder = name;
    Node anything = node.anything == null ? new Node() : node.anything;
    node.anything = anything;
    return anything;
  }

  /** Empty when there is no such path, or not with this method. */
  public Optional<Match> find(String method, List<String> components) {
    Node node = root;
    Map<String, String> path = new LinkedHashMap<>();
    for (String component : components) {
      Node next = node.children.get(component);
      if (next == null && node.anything != null && node.placeholder != null) {
        path.put(node.placeholder, component);
        next = node.anything;
      }
      if (next == null) {
        return Optional.empty();
      }
      node = next;
    }
    Endpoint endpoint = node.methods.get(method);
    if (endpoint == null && method.equals("GET") && !node.children.isEmpty()) {
      endpoint = index(node, path);
    }
    return endpoint == null ? Optional.empty() : Optional.of(new Match(endpoint, path));
  }

  private static Endpoint index(Node node, Map<String, String> path) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    node.children.keySet().forEach(name -> list.addObject().put("subdir", name));
    Param[] placeholders =
        path.keySet().stream().map(name -> Param.anyText(name)).toArray(Param[]::new);
    return new Endpoint(
        Doc.list(
            "Lists what is below.", Shape.object(Shape.Field.text("subdir")), "names of children"),
        ParamSchema.of(placeholders),
        Endpoint.Rule.ANYBODY,
        call -> ApiResult.of(list));
  }

  /**
   * The components of a raw path: split first, empty ones dropped, then percent-decoded
   * (spec/protocols.md §1.3). Throws INVALID_INPUT on one that starts with a dot.
   */
  public static List<String> components(String rawPath) {
    List<String> components = new ArrayList<>();
    for (String component : rawPath.split("/", -1)) {
      if (component.startsWith(".")) {
        throw BackupException.invalid("path contains illegal components");
      }
      if (!component.isEmpty()) {
        components.add(PercentCoding.decode(component, false));
      }
    }
    return List.copyOf(components);
  }
}
