package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The two shapes of an answer (spec/protocols.md §3.1): {@code /api2/json} for programs, {@code
 * /api2/extjs} for user interfaces.
 */
public enum Formatter {
  /** Errors are their text alone, under the JSON type: that is what clients expect. */
  JSON {
    @Override
    public Shaped success(ApiAnswer.Data answer) {
      return new Shaped(200, members(answer).toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Shaped error(BackupException error) {
      return new Shaped(ErrorMapping.status(error), error.text().getBytes(StandardCharsets.UTF_8));
    }
  },

  /** Always 200; the outcome stands inside. */
  EXTJS {
    @Override
    public Shaped success(ApiAnswer.Data answer) {
      ObjectNode body = members(answer).put("success", true).put("status", 200);
      return new Shaped(200, body.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Shaped error(BackupException error) {
      Map<String, String> parameters = ErrorMapping.parameterErrors(error);
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      body.put("message", parameters.isEmpty() ? error.text() : "parameter verification errors");
      ObjectNode errors = body.putObject("errors");
      parameters.forEach(errors::put);
      body.put("success", false).put("status", ErrorMapping.status(error));
      return new Shaped(200, body.toString().getBytes(StandardCharsets.UTF_8));
    }
  };

  public static final String CONTENT_TYPE = "application/json;charset=UTF-8";
  public static final String OCTETS = "application/octet-stream";

  /** Status and body; the content type is always {@link #CONTENT_TYPE}. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Shaped(int status, byte[] body) {}

  public abstract Shaped success(ApiAnswer.Data answer);

  public abstract Shaped error(BackupException error);

  static @Nullable Formatter named(String name) {
    return switch (name) {
      case "json" -> JSON;
      case "extjs" -> EXTJS;
      default -> null;
    };
  }

  private static ObjectNode members(ApiAnswer.Data answer) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.set("data", answer.data());
    answer.attributes().forEach(body::set);
    return body;
  }
}
