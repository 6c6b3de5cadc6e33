package dev.holdfast.node.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a call's parameters come from, free of any transport: REST requests and streams of upgraded
 * sessions alike.
 *
 * @param method GET and DELETE never read a body
 * @param contentType of the body, as sent; null when there is none
 * @param query raw, without the question mark; may be empty
 * @param body owned by the callee, which only reads it
 * @param path values of the placeholders, decoded
 */
public record ParamInput(
    String method,
    @Nullable String contentType,
    String query,
    Body body,
    Map<String, String> path) {
  public ParamInput {
    path = Map.copyOf(path);
  }

  /** A body that is all there; wraps the array so that a record can hold it. */
  public static final class Body {
    public static final Body EMPTY = new Body(new byte[0]);

    private final byte[] bytes;

    /** The array is not copied. */
    public Body(byte[] bytes) {
      this.bytes = bytes;
    }

    /** Not a copy. */
    public byte[] bytes() {
      return bytes;
    }

    public boolean isEmpty() {
      return bytes.length == 0;
    }
  }

  /** For a stream whose parameters are all in its query. */
  public static ParamInput ofQuery(String query) {
    return new ParamInput("GET", null, query, Body.EMPTY, Map.of());
  }

  /** For a stream of an upgraded session, which has no path placeholders. */
  public static ParamInput of(
      String method, @Nullable String contentType, String query, byte[] body) {
    return new ParamInput(method, contentType, query, new Body(body), Map.of());
  }
}
