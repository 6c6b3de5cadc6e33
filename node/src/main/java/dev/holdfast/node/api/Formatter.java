package dev.holdfast.node.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The two shapes of an answer (spec/protocols.md §3.1). JSON: the real status, {@code data} and
 * attributes on success, the bare message on failure, although the content type says JSON. EXTJS:
 * always 200, the status inside.
 */
public enum Formatter {
  JSON,
  EXTJS;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A whole answer, ready to be sent. */
  public record Answer(
      int status,
      String contentType,
      ParamInput.Body body,
      String cookie,
      AnswerEncoding encoding) {
    static Answer of(int status, String contentType, String body) {
      return new Answer(
          status,
          contentType,
          new ParamInput.Body(body.getBytes(StandardCharsets.UTF_8)),
          "",
          AnswerEncoding.NONE);
    }

    Answer settingCookie(String text) {
      return new Answer(status, contentType, body, text, encoding);
    }

    /** Compressed as the client asks for it, which takes time. */
    Answer encoded(@Nullable String accepted) {
      AnswerEncoding chosen = AnswerEncoding.choose(accepted, body.bytes().length);
      return new Answer(
          status, contentType, new ParamInput.Body(chosen.encode(body.bytes())), cookie, chosen);
    }
  }

  /** Throws INVALID_INPUT on any other word. */
  public static Formatter parse(String text) {
    return switch (text) {
      case "json" -> JSON;
      case "extjs" -> EXTJS;
      default -> throw BackupException.invalid("Unsupported output format '" + text + "'.");
    };
  }

  public Answer success(ApiResult.Data result) {
    ObjectNode object = MAPPER.createObjectNode();
    object.set("data", result.data());
    if (this == EXTJS) {
      object.put("success", true);
      object.put("status", 200);
    }
    result.attributes().forEach(object::set);
    return Answer.of(200, result.contentType(), write(object)).settingCookie(result.cookie());
  }

  public Answer failure(int status, Throwable error) {
    return switch (this) {
      case JSON -> Answer.of(status, ApiResult.JSON_TYPE, ErrorMapping.text(error));
      case EXTJS -> {
        Map<String, String> errors =
            error instanceof BackupException known ? ParamSchema.errors(known) : Map.of();
        ObjectNode object = MAPPER.createObjectNode();
        object.put(
            "message",
            errors.isEmpty() ? ErrorMapping.text(error) : "parameter verification errors");
        ObjectNode named = object.putObject("errors");
        errors.forEach(named::put);
        object.put("success", false);
        object.put("status", status);
        yield Answer.of(200, ApiResult.JSON_TYPE, write(object));
      }
    };
  }

  private static String write(ObjectNode object) {
    try {
      return MAPPER.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree is always JSON", e);
    }
  }
}
