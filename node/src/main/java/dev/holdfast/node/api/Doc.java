package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What people and programs read of an endpoint, in the OpenAPI document and the API viewer.
 *
 * @param does one sentence
 * @param data the answer's {@code data}; null when it is not told in a JSON type
 * @param attributes members beside {@code data}
 * @param rawTypes content types of answers that are no JSON
 * @param returns what comes, as a phrase
 * @param failures statuses that other calls do not have, with when they come
 */
public record Doc(
    String does,
    @Nullable Shape data,
    List<Field> attributes,
    List<String> rawTypes,
    String returns,
    Map<Integer, String> failures) {
  /** Of the configuration file that the answer comes from; a change may name it. */
  private static final Field DIGEST = Field.text("digest").meaning("SHA-256 of the file, hex");

  public Doc {
    attributes = List.copyOf(attributes);
    rawTypes = List.copyOf(rawTypes);
    failures = Map.copyOf(failures);
    if (!does.endsWith(".") || returns.isBlank()) {
      throw new IllegalArgumentException("expected a sentence and a phrase: '" + does + "'");
    }
  }

  /**
   * @param returns what {@code data} is, as a phrase
   */
  public static Doc of(String does, Shape data, String returns) {
    return new Doc(does, data, List.of(), List.of(), returns, Map.of());
  }

  public static Doc list(String does, Shape item, String returns) {
    return of(does, item.list(), returns);
  }

  public static Doc nothing(String does) {
    return of(does, Value.NOTHING, "nothing");
  }

  public static Doc text(String does, String returns) {
    return of(does, Value.TEXT, returns);
  }

  public static Doc flag(String does, String returns) {
    return of(does, Value.FLAG, returns);
  }

  /** For calls that start a task and do not wait for its end. */
  public static Doc task(String does) {
    return text(does, "the id of the task that does it");
  }

  /** Without a content type. */
  public static Doc untyped(String does, String returns) {
    return new Doc(does, null, List.of(), List.of(), returns, Map.of());
  }

  public static Doc bytes(String does, String returns) {
    return untyped(does, returns).orRaw(ApiResult.BINARY_TYPE);
  }

  /** The same, with the digest of a configuration file beside {@code data}. */
  public Doc withDigest() {
    return with(DIGEST);
  }

  /** The same, with members beside {@code data}. */
  public Doc with(Field... fields) {
    List<Field> all = new ArrayList<>(attributes);
    all.addAll(List.of(fields));
    return new Doc(does, data, all, rawTypes, returns, failures);
  }

  /** The same, which may also come as bytes of this type. */
  public Doc orRaw(String contentType) {
    List<String> all = new ArrayList<>(rawTypes);
    all.add(contentType);
    return new Doc(does, data, attributes, all, returns, failures);
  }

  /** The same, with a status that this call alone has. */
  public Doc fails(int status, String when) {
    Map<Integer, String> all = new TreeMap<>(failures);
    all.put(status, when);
    return new Doc(does, data, attributes, rawTypes, returns, all);
  }

  /** Data and attributes as they come; null as {@link #data} may be. */
  @Nullable Shape envelope() {
    return data == null
        ? null
        : Shape.object(Field.of("data", data)).and(attributes.toArray(Field[]::new));
  }

  /** What is undeclared in an answer, empty when nothing is. */
  String mismatch(ApiResult.Data result) {
    Shape envelope = envelope();
    if (envelope == null) {
      return "";
    }
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.set("data", result.data());
    result.attributes().forEach(answer::set);
    return envelope.mismatch(answer, "the answer");
  }
}
