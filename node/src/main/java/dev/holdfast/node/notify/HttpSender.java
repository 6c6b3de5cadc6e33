package dev.holdfast.node.notify;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.SectionConfig.Section;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** Sends to a Gotify server or to any other by HTTP. */
final class HttpSender implements Sender {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .connectTimeout(TIME_MAX)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private final String name;
  private final Function<Notification, HttpRequest> request;

  private HttpSender(String name, Function<Notification, HttpRequest> request) {
    this.name = name;
    this.request = request;
  }

  static HttpSender gotify(Section section, SortedMap<String, List<String>> secrets) {
    String server = String.valueOf(section.value("server")).replaceAll("/+$", "");
    String token = secrets.getOrDefault("token", List.of("")).getFirst();
    return new HttpSender(
        section.id(),
        event ->
            builder(server + "/message")
                .header("X-Gotify-Key", token)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(gotifyBody(event)))
                .build());
  }

  private static String gotifyBody(Notification event) {
    ObjectNode body =
        JsonNodeFactory.instance
            .objectNode()
            .put("title", event.title())
            .put("message", event.text())
            .put("priority", event.severity().gotifyPriority());
    body.putObject("extras").putObject("client::display").put("contentType", "text/plain");
    return body.toString();
  }

  /** With places for what happened in its URL, headers and body, see {@link WebhookTemplate}. */
  static HttpSender webhook(Section section, SortedMap<String, List<String>> secrets) {
    Map<String, String> known = new TreeMap<>();
    for (String text : secrets.getOrDefault("secret", List.of())) {
      PropertyText secret = PropertyText.parse(text);
      known.put(secret.name(), secret.value());
    }
    String method = String.valueOf(section.value("method")).toUpperCase(Locale.ROOT);
    String url = String.valueOf(section.value("url"));
    String body = section.value("body");
    List<PropertyText> headers =
        section.properties().getOrDefault("header", List.of()).stream()
            .map(PropertyText::parse)
            .toList();
    return new HttpSender(
        section.id(),
        event -> {
          HttpRequest.Builder builder = builder(WebhookTemplate.render(url, event, known));
          headers.forEach(
              header ->
                  builder.header(
                      header.name(), WebhookTemplate.render(header.value(), event, known)));
          String text =
              body == null ? "" : WebhookTemplate.render(PropertyText.decode(body), event, known);
          return builder
              .method(
                  method, text.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(text))
              .build();
        });
  }

  private static HttpRequest.Builder builder(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(TIME_MAX);
  }

  /** A URL and its headers may hold secrets, so that errors tell neither. */
  @Override
  public void send(Notification event) {
    HttpRequest made;
    try {
      made = request.apply(event);
    } catch (IllegalArgumentException e) {
      throw BackupException.invalid(
          "target '" + name + "' has a URL or a header that is none when its places are filled");
    }
    HttpResponse<Void> answer;
    try {
      answer = CLIENT.send(made, HttpResponse.BodyHandlers.discarding());
    } catch (IOException e) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE,
          "target '" + name + "' cannot be reached: " + e.getClass().getSimpleName(),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while notifying '" + name + "'", e);
    }
    if (answer.statusCode() / 100 != 2) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE,
          "target '" + name + "' answered with status " + answer.statusCode());
    }
  }
}
