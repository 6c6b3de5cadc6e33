package dev.holdfast.node.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.PercentCoding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters that a call takes, and the one place that reads them (spec/protocols.md §3.3):
 * from query, form body and path together, or from a JSON body and the path, whose query is then
 * not looked at. Streaming calls have a raw body and read their query alone.
 *
 * <p>Mistakes of given values are collected; missing parameters are reported only when there are
 * none. All of them come as one INVALID_INPUT, whose context has {@code parameter NAME} for each.
 */
public final class ParamSchema {
  public static final ParamSchema NONE = new ParamSchema(false);

  /** Takes whatever comes and gives nothing: for what is not built, and says so itself. */
  public static final ParamSchema ANYTHING = new ParamSchema(false);

  /** Before the name of a parameter, in the context of the exception that refuses it. */
  static final String CONTEXT_PREFIX = "parameter ";

  private static final ObjectReader JSON =
      new ObjectMapper()
          .readerFor(JsonNode.class)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** A browser's cache buster. */
  private static final String IGNORED = "_dc";

  private final Map<String, Param> params = new LinkedHashMap<>();
  private final boolean streaming;

  private ParamSchema(boolean streaming, Param... params) {
    this.streaming = streaming;
    for (Param param : params) {
      if (this.params.put(param.name(), param) != null) {
        throw new IllegalArgumentException("parameter '" + param.name() + "' declared twice");
      }
    }
  }

  /** Missing ones are reported in this order. */
  public static ParamSchema of(Param... params) {
    return new ParamSchema(false, params);
  }

  /** For a call whose body is raw data. */
  public static ParamSchema streaming(Param... params) {
    return new ParamSchema(true, params);
  }

  public boolean isStreaming() {
    return streaming;
  }

  /** Throws INVALID_INPUT. */
  public Params parse(ParamInput input) {
    if (equals(ANYTHING)) {
      return Params.NONE;
    }
    Reading reading = new Reading();
    if (isJson(input)) {
      reading.json(input);
    } else {
      reading.form(input);
    }
    return reading.finish();
  }

  private boolean isJson(ParamInput input) {
    if (streaming || input.method().equals("GET") || input.method().equals("DELETE")) {
      return false;
    }
    String contentType = input.contentType();
    if (contentType == null) {
      return false;
    }
    int semicolon = contentType.indexOf(';');
    String type =
        (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
            .strip()
            .toLowerCase(Locale.ROOT);
    return switch (type) {
      case "application/json" -> true;
      case "", "application/x-www-form-urlencoded" -> false;
      default ->
          throw BackupException.invalid("unsupported content type Ok(\"" + contentType + "\")");
    };
  }

  /** The pairs of a query or a form body, decoded, in order. */
  static List<Map.Entry<String, String>> pairs(String encoded) {
    List<Map.Entry<String, String>> pairs = new ArrayList<>();
    for (String pair : encoded.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        pairs.add(Map.entry(PercentCoding.decode(key, true), PercentCoding.decode(value, true)));
      }
    }
    return pairs;
  }

  private final class Reading {
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, String> errors = new LinkedHashMap<>();
    private boolean json;

    void form(ParamInput input) {
      for (Map.Entry<String, String> pair : pairs(input.query())) {
        formValue(pair.getKey(), pair.getValue());
      }
      boolean bodyRead =
          !streaming && !input.method().equals("GET") && !input.method().equals("DELETE");
      if (bodyRead) {
        String body = new String(input.body().bytes(), StandardCharsets.UTF_8);
        for (Map.Entry<String, String> pair : pairs(body)) {
          formValue(pair.getKey(), pair.getValue());
        }
      }
      input.path().forEach(this::formValue);
    }

    private void formValue(String name, String text) {
      if (name.equals(IGNORED)) {
        return;
      }
      Param param = params.get(name);
      if (param == null) {
        errors.putIfAbsent(name, "schema does not allow additional properties.");
        return;
      }
      try {
        Object value = param.type().ofText(text);
        Object old = values.get(name);
        if (old == null) {
          values.put(name, value);
        } else if (old instanceof List<?> list && value instanceof List<?> more) {
          List<Object> longer = new ArrayList<>(list);
          longer.addAll(more);
          values.put(name, longer);
        } else {
          errors.putIfAbsent(name, "duplicate parameter.");
        }
      } catch (ParamType.Refused e) {
        errors.putIfAbsent(name, e.text());
      }
    }

    void json(ParamInput input) {
      json = true;
      JsonNode object = parseObject(input.body().bytes());
      object
          .properties()
          .forEach(
              entry -> {
                // The path decides where both name a parameter.
                if (!input.path().containsKey(entry.getKey())) {
                  jsonValue(entry.getKey(), entry.getValue());
                }
              });
      input.path().forEach(this::formValue);
    }

    private JsonNode parseObject(byte[] body) {
      String text = new String(body, StandardCharsets.UTF_8);
      JsonNode node;
      try {
        node = JSON.readTree(text.isBlank() ? "{}" : text);
      } catch (JsonProcessingException e) {
        throw new BackupException(
            Kind.INVALID_INPUT,
            "unable to parse the JSON body: " + e.getOriginalMessage() + at(e),
            e);
      }
      if (!node.isObject()) {
        throw BackupException.invalid("unable to parse the JSON body: expected an object");
      }
      return node;
    }

    private static String at(JsonProcessingException e) {
      return e.getLocation() == null
          ? ""
          : " at line " + e.getLocation().getLineNr() + " column " + e.getLocation().getColumnNr();
    }

    private void jsonValue(String name, JsonNode node) {
      Param param = params.get(name);
      if (param == null) {
        errors.putIfAbsent(name, "schema does not allow additional properties");
        return;
      }
      try {
        values.put(name, param.type().ofJson(node));
      } catch (ParamType.Refused e) {
        errors.putIfAbsent(name, e.text());
      }
    }

    Params finish() {
      if (errors.isEmpty()) {
        for (Param param : params.values()) {
          if (!param.optional() && !values.containsKey(param.name())) {
            errors.put(
                param.name(),
                json
                    ? "property is missing and it is not optional"
                    : "parameter is missing and it is not optional.");
          }
        }
      }
      if (!errors.isEmpty()) {
        throw refusal(errors);
      }
      return new Params(values);
    }
  }

  /** What to throw when a handler refuses a parameter for a reason that no schema knows. */
  public static BackupException refusal(String name, String error) {
    return refusal(Map.of(name, error));
  }

  private static BackupException refusal(Map<String, String> errors) {
    StringBuilder text = new StringBuilder("parameter verification failed");
    if (errors.size() == 1) {
      errors.forEach((name, error) -> text.append(" - '").append(name).append("': ").append(error));
    } else {
      text.append(':');
      errors.forEach(
          (name, error) -> text.append("\n- '").append(name).append("': ").append(error));
    }
    BackupException refusal = BackupException.invalid(text.toString());
    errors.forEach((name, error) -> refusal.with(CONTEXT_PREFIX + name, error));
    return refusal;
  }

  /** The parameter errors that an exception carries, by name; empty when it is another mistake. */
  static Map<String, String> errors(BackupException e) {
    Map<String, String> errors = new LinkedHashMap<>();
    e.context()
        .forEach(
            (key, text) -> {
              if (key.startsWith(CONTEXT_PREFIX)) {
                errors.put(key.substring(CONTEXT_PREFIX.length()), text);
              }
            });
    return errors;
  }

  /** In the order of the declaration. */
  List<Param> all() {
    return List.copyOf(params.values());
  }

  /** For tests and for listings of the interface. */
  @Nullable Param find(String name) {
    return params.get(name);
  }
}
