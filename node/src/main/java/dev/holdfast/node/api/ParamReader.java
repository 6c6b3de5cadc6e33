package dev.holdfast.node.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads parameters from path, query and body by the rules of spec/protocols.md §3.3, for REST calls
 * and sessions alike. Knows no HTTP library: text and bytes in, {@link Params} out.
 *
 * <ul>
 *   <li>JSON bodies are taken alone: the query string is then not read.
 *   <li>Everything else merges query, form body and path.
 *   <li>All errors of given values are reported at once; missing parameters only when there is
 *       none.
 * </ul>
 */
public final class ParamReader {
  /** What the real server takes since 2025. */
  public static final int BODY_BYTES_MAX = 512 * 1024;

  /**
   * The prefix by which a session tells parameter errors, which it answers without a content type.
   */
  public static final String FAILED = "parameter verification failed";

  private static final String CACHE_BUSTER = "_dc";
  private static final String MISSING_FORM = "parameter is missing and it is not optional.";
  private static final String MISSING_JSON = "property is missing and it is not optional";
  private static final String UNKNOWN_FORM = "schema does not allow additional properties.";
  private static final String UNKNOWN_JSON = "schema does not allow additional properties";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final ParamSchema schema;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> errors = new LinkedHashMap<>();

  private ParamReader(ParamSchema schema) {
    this.schema = schema;
  }

  /** Of a call whose body is parameters. */
  public static Params read(
      ParamSchema schema,
      Map<String, String> path,
      String rawQuery,
      @Nullable String contentType,
      byte[] body) {
    ParamReader reader = new ParamReader(schema);
    String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
    if (type.startsWith("application/json")) {
      return reader.json(path, body);
    }
    if (type.isEmpty() || type.startsWith("application/x-www-form-urlencoded")) {
      return reader.form(path, rawQuery, new String(body, StandardCharsets.UTF_8));
    }
    if (body.length == 0) {
      return reader.form(path, rawQuery, "");
    }
    throw BackupException.invalid("unsupported content type Ok(\"" + contentType + "\")");
  }

  /** Of a call whose body is data: the query alone, whatever the content type. */
  public static Params readStreaming(
      ParamSchema schema, Map<String, String> path, String rawQuery) {
    return new ParamReader(schema).form(path, rawQuery, "");
  }

  private Params form(Map<String, String> path, String rawQuery, String formBody) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    path.forEach((name, value) -> given.put(name, List.of(value)));
    addPairs(given, rawQuery);
    addPairs(given, formBody);
    given.forEach(this::takeTexts);
    return finish(MISSING_FORM);
  }

  private static void addPairs(Map<String, List<String>> given, String encoded) {
    for (String pair : encoded.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      if (!name.equals(CACHE_BUSTER)) {
        List<String> longer = new ArrayList<>(given.getOrDefault(name, List.of()));
        longer.add(value);
        given.put(name, longer);
      }
    }
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "invalid percent-encoding in '" + text + "'", e);
    }
  }

  private void takeTexts(String name, List<String> texts) {
    ParamSchema.Field field = schema.fields().get(name);
    if (field == null) {
      errors.put(name, UNKNOWN_FORM);
    } else if (field.type() instanceof ParamType.ListOf list) {
      List<Object> items = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        String text = texts.get(i);
        check(name + "/[" + i + "]", () -> items.add(list.fromText(text)));
      }
      values.put(name, items);
    } else if (texts.size() > 1) {
      errors.put(name, "duplicate parameter.");
    } else {
      check(name, () -> values.put(name, field.type().fromText(texts.getFirst())));
    }
  }

  private Params json(Map<String, String> path, byte[] body) {
    JsonNode root = parse(body);
    path.forEach((name, value) -> takeTexts(name, List.of(value)));
    root.properties().forEach(entry -> takeJson(entry.getKey(), entry.getValue()));
    return finish(MISSING_JSON);
  }

  private static JsonNode parse(byte[] body) {
    if (body.length == 0) {
      return JSON.createObjectNode();
    }
    try {
      JsonNode root = JSON.readTree(body);
      if (!root.isObject()) {
        throw BackupException.invalid("parameters are not a JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          e.getOriginalMessage()
              + " at line "
              + e.getLocation().getLineNr()
              + " column "
              + e.getLocation().getColumnNr(),
          e);
    } catch (IOException e) {
      throw new AssertionError("reading from memory", e);
    }
  }

  private void takeJson(String name, JsonNode value) {
    ParamSchema.Field field = schema.fields().get(name);
    if (field == null) {
      errors.put(name, UNKNOWN_JSON);
    } else if (values.containsKey(name)) {
      errors.put(name, "duplicate parameter.");
    } else if (field.type() instanceof ParamType.ListOf list && value.isArray()) {
      List<Object> items = new ArrayList<>(value.size());
      for (int i = 0; i < value.size(); i++) {
        JsonNode item = value.get(i);
        check(name + "/[" + i + "]", () -> items.add(list.item().fromJson(scalar(item))));
      }
      values.put(name, items);
    } else {
      check(name, () -> values.put(name, field.type().fromJson(scalar(value))));
    }
  }

  // Objects, arrays, null and fractions are nothing that a scalar type takes: each refuses them in
  // its own words.
  private static Object scalar(JsonNode value) {
    return value.isTextual()
        ? value.textValue()
        : value.isBoolean()
            ? (Object) value.booleanValue()
            : value.canConvertToLong() && value.isIntegralNumber()
                ? (Object) value.longValue()
                : value;
  }

  private void check(String name, Runnable conversion) {
    try {
      conversion.run();
    } catch (BackupException e) {
      errors.put(name, e.text());
    }
  }

  private Params finish(String missing) {
    if (errors.isEmpty()) {
      schema
          .fields()
          .forEach(
              (name, field) -> {
                if (!field.optional() && !values.containsKey(name)) {
                  errors.put(name, missing);
                }
              });
    }
    if (!errors.isEmpty()) {
      throw failure();
    }
    return new Params(values);
  }

  private BackupException failure() {
    BackupException failure;
    if (errors.size() == 1) {
      Map.Entry<String, String> only = errors.entrySet().iterator().next();
      failure = BackupException.invalid(FAILED + " - '" + only.getKey() + "': " + only.getValue());
    } else {
      StringBuilder text = new StringBuilder(FAILED + ":");
      errors.forEach(
          (name, error) -> text.append("\n- '").append(name).append("': ").append(error));
      failure = BackupException.invalid(text.toString());
    }
    errors.forEach((name, error) -> failure.with(ErrorMapping.PARAMETER_PREFIX + name, error));
    return failure;
  }
}
