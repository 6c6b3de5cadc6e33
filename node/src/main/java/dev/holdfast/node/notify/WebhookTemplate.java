package dev.holdfast.node.notify;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with places for what happened, as webhooks of real servers have them:
 *
 * <pre>
 * place := "{{" [helper] name "}}"      helper := "escape" | "url-encode" | "json"
 * name  := "title" | "message" | "severity" | "timestamp" | "fields" | "fields." key
 *        | "secrets." key
 * </pre>
 *
 * Blanks around the parts do not matter. {@code escape} is for the inside of JSON strings, {@code
 * json} makes whole JSON values.
 */
final class WebhookTemplate {
  private static final Pattern PLACE =
      Pattern.compile("\\{\\{\\s*(?:(escape|url-encode|json)\\s+)?([a-zA-Z0-9_.\\-]+)\\s*\\}\\}");

  private WebhookTemplate() {}

  /** Throws INVALID_INPUT for a place that nothing belongs to. */
  static String render(String template, Notification event, Map<String, String> secrets) {
    Matcher places = PLACE.matcher(template);
    StringBuilder text = new StringBuilder();
    while (places.find()) {
      String helper = places.group(1);
      String name = places.group(2);
      places.appendReplacement(
          text,
          Matcher.quoteReplacement(value(helper == null ? "" : helper, name, event, secrets)));
    }
    return places.appendTail(text).toString();
  }

  private static String value(
      String helper, String name, Notification event, Map<String, String> secrets) {
    if (name.equals("fields")) {
      ObjectNode fields = JsonNodeFactory.instance.objectNode();
      event.fields().forEach(fields::put);
      return fields.toString();
    }
    String value = plain(name, event, secrets);
    UnaryOperator<String> form =
        switch (helper) {
          case "escape" -> text -> new String(JsonStringEncoder.getInstance().quoteAsString(text));
          case "url-encode" -> text -> URLEncoder.encode(text, StandardCharsets.UTF_8);
          case "json" -> text -> JsonNodeFactory.instance.textNode(text).toString();
          default -> UnaryOperator.identity();
        };
    return form.apply(value);
  }

  private static String plain(String name, Notification event, Map<String, String> secrets) {
    if (name.startsWith("fields.")) {
      return event.fields().getOrDefault(name.substring("fields.".length()), "");
    }
    if (name.startsWith("secrets.")) {
      return secrets.getOrDefault(name.substring("secrets.".length()), "");
    }
    return switch (name) {
      case "title" -> event.title();
      case "message" -> event.text();
      case "severity" -> event.severity().text();
      case "timestamp" -> Long.toString(event.time().getEpochSecond());
      default ->
          throw BackupException.invalid(
              "found '{{ "
                  + name
                  + " }}', expected title, message, severity, timestamp, fields.… or"
                  + " secrets.…");
    };
  }
}
