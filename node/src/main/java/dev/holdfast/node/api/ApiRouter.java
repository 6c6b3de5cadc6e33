package dev.holdfast.node.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the endpoint of a method and path. Templates are as the documentation writes them, {@code
 * /admin/datastore/{store}/groups}; a literal component wins over a placeholder. Filled at start,
 * then only read.
 */
public final class ApiRouter {
  /** An endpoint and what stood in its placeholders. */
  public record Match(Endpoint endpoint, Map<String, String> path) {}

  private static final class Node {
    private final Map<String, Node> literal = new HashMap<>();
    private final Map<String, Endpoint> methods = new HashMap<>();
    private @Nullable Node placeholder;
    private String placeholderName = "";
  }

  private final Node root = new Node();

  public ApiRouter get(String template, Endpoint endpoint) {
    return add("GET", template, endpoint);
  }

  public ApiRouter post(String template, Endpoint endpoint) {
    return add("POST", template, endpoint);
  }

  public ApiRouter put(String template, Endpoint endpoint) {
    return add("PUT", template, endpoint);
  }

  public ApiRouter delete(String template, Endpoint endpoint) {
    return add("DELETE", template, endpoint);
  }

  private ApiRouter add(String method, String template, Endpoint endpoint) {
    Node node = root;
    for (String part : components(template)) {
      node =
          part.startsWith("{")
              ? placeholder(node, part.substring(1, part.length() - 1))
              : literal(node, part);
    }
    if (node.methods.putIfAbsent(method, endpoint) != null) {
      throw new IllegalStateException(method + " " + template + " is there already");
    }
    return this;
  }

  private static Node literal(Node node, String part) {
    return node.literal.computeIfAbsent(part, ignored -> new Node());
  }

  private static Node placeholder(Node node, String name) {
    Node next = node.placeholder;
    if (next == null) {
      next = new Node();
      node.placeholder = next;
      node.placeholderName = name;
    } else if (!node.placeholderName.equals(name)) {
      throw new IllegalStateException(
          "placeholder {" + name + "} stands where {" + node.placeholderName + "} is");
    }
    return next;
  }

  /** Null when there is no such path, or not with this method: the protocol makes no difference. */
  public @Nullable Match find(String method, List<String> components) {
    Node node = root;
    Map<String, String> path = new HashMap<>();
    for (String component : components) {
      Node next = node.literal.get(component);
      if (next == null) {
        next = node.placeholder;
        path.put(node.placeholderName, component);
      }
      if (next == null) {
        return null;
      }
      node = next;
    }
    Endpoint endpoint = node.methods.get(method);
    return endpoint == null ? null : new Match(endpoint, path);
  }

  /** Non-empty parts of a path: trailing and doubled slashes do no harm. */
  static List<String> components(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    return parts;
  }
}
