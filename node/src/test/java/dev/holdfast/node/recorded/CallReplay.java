package dev.holdfast.node.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.recorded.RecordedCall.Answer;
import dev.holdfast.replication.testing.Await;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/**
 * Sends recorded calls to our nodes, in their order. What a real server had made itself is replaced
 * by what ours made in its place: task ids, tickets, fingerprints, ports.
 */
final class CallReplay {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration TASK_TIME_MAX = Duration.ofSeconds(60);
  private static final Pattern REPEATED = Pattern.compile("([0-9]+) times (.)");

  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f:]{95}");

  /** Hears every answer as the node gave it; from many threads. */
  interface Listener {
    void answered(String method, String path, Answer answer);
  }

  private final Map<String, RecordedServer> servers;
  private final HttpClient client;
  private final Listener listener;

  /** Of the recorded server's things to ours. */
  private final Map<String, String> ours = new HashMap<>();

  private String ticket = "";
  private String csrfToken = "";

  CallReplay(Map<String, RecordedServer> servers, HttpClient client, Listener listener) {
    this.servers = servers;
    this.client = client;
    this.listener = listener;
  }

  /** A recorded text, port or fingerprint that means one of our nodes. */
  void means(String recorded, String here) {
    ours.put(recorded, here);
  }

  /** Whether the call asks about a task that our node did not start. */
  boolean asksOfUnknownTask(RecordedCall call) {
    return call.path().contains("/tasks/UPID") && target(call).equals(call.path());
  }

  /**
   * The node's answer, as the recorded server would have put it. A refused login is answered late,
   * so it is not waited for: nothing depends on it.
   */
  CompletableFuture<Answer> ask(RecordedCall call) {
    if (call.template().equals("GET /nodes/localhost/tasks/*/status")
        && call.answer().body().contains("\"stopped\"")) {
      Await.until(
          "the task to end", TASK_TIME_MAX, () -> send(call).join().body().contains("\"stopped\""));
    }
    CompletableFuture<Answer> answer = send(call);
    if (call.answer().status() != 401) {
      learn(call, answer.join());
    }
    return answer;
  }

  private RecordedServer server(RecordedCall call) {
    RecordedServer server = servers.get(call.server());
    if (server == null) {
      throw new IllegalStateException("no server '" + call.server() + "'");
    }
    return server;
  }

  // ---- request ----

  private CompletableFuture<Answer> send(RecordedCall call) {
    boolean inBody = call.method().equals("POST") || call.method().equals("PUT");
    String form = call.jsonBody() ? "" : form(call);
    URI uri =
        URI.create(
            "https://127.0.0.1:"
                + server(call).node().address().port()
                + target(call)
                + (inBody || form.isEmpty() ? "" : "?" + form));
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (call.jsonBody()) {
      request.header("Content-Type", "application/json");
    } else if (inBody && !form.isEmpty()) {
      request.header("Content-Type", "application/x-www-form-urlencoded");
    }
    request.method(
        call.method(),
        inBody
            ? BodyPublishers.ofString(call.jsonBody() ? json(call) : form)
            : BodyPublishers.noBody());
    credentials(call).forEach(request::header);
    for (String name : List.of("Accept", "Accept-Encoding")) {
      if (!call.requestHeader(name).isEmpty()) {
        request.header(name, call.requestHeader(name));
      }
    }
    return client
        .sendAsync(request.build(), BodyHandlers.ofByteArray())
        .thenApply(response -> answer(call, response));
  }

  /** The path, with our task where the recorded one is asked for. */
  private String target(RecordedCall call) {
    String[] parts = call.path().split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      String task = ours.get(URLDecoder.decode(parts[i], StandardCharsets.UTF_8));
      if (task != null) {
        parts[i] = encode(task);
      }
    }
    return String.join("/", parts);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private String form(RecordedCall call) {
    List<String> pairs = new ArrayList<>();
    call.params()
        .properties()
        .forEach(
            param ->
                pairs.add(
                    encode(param.getKey())
                        + "="
                        + encode(value(call, param.getKey(), param.getValue()))));
    return String.join("&", pairs);
  }

  private String json(RecordedCall call) {
    ObjectNode body = JSON.createObjectNode();
    call.params()
        .properties()
        .forEach(
            param -> {
              JsonNode value = param.getValue();
              if (value.isTextual()) {
                body.put(param.getKey(), value(call, param.getKey(), value));
              } else {
                body.set(param.getKey(), value);
              }
            });
    return body.toString();
  }

  private String value(RecordedCall call, String name, JsonNode value) {
    String text = value.asText();
    if (name.equals("password") && text.startsWith("PBS:")) {
      return ticket;
    }
    var repeated = REPEATED.matcher(text);
    if (repeated.matches()) {
      return repeated.group(2).repeat(Integer.parseInt(repeated.group(1)));
    }
    return server(call).asOurs(ours.getOrDefault(text, text));
  }

  private Map<String, String> credentials(RecordedCall call) {
    Map<String, String> headers = new HashMap<>();
    String note = call.note();
    switch (call.auth()) {
      case "root" -> headers.put("Authorization", token("root@pam!adm", ":"));
      case "backup" -> headers.put("Authorization", token("backup@pbs!t1", ":"));
      case "bad" ->
          headers.put(
              "Authorization",
              note.equals("wrong separator")
                  ? token("root@pam!adm", "=")
                  : "PBSAPIToken=root@pam!adm:nonsense");
      default -> {
        String cookie = cookie(call);
        if (!cookie.isEmpty()) {
          headers.put("Cookie", cookie);
        }
        if (note.equals("write with CSRF token")
            || !call.requestHeader("CSRFPreventionToken").isEmpty()) {
          headers.put("CSRFPreventionToken", csrfToken);
        }
      }
    }
    return headers;
  }

  private static String token(String id, String separator) {
    return "PBSAPIToken=" + id + separator + RecordedServer.TOKENS.get(id);
  }

  /** Which cookie was sent is told by the notes alone. */
  private String cookie(RecordedCall call) {
    String plain = "PBSAuthCookie=" + ticket;
    return switch (call.note()) {
      case "cookie url-encoded" -> "PBSAuthCookie=" + encode(ticket);
      case "cookie raw", "plain cookie still taken" -> plain;
      case "write without CSRF token", "write with CSRF token" -> plain;
      case "__Host cookie wins when both are there" -> plain + "; __Host-PBSAuthCookie=nonsense";
      default -> call.requestHeader("Cookie").isEmpty() ? "" : "__Host-" + plain;
    };
  }

  // ---- answer ----

  private Answer answer(RecordedCall call, HttpResponse<byte[]> response) {
    String encoding = header(response, "content-encoding");
    String body =
        encoding.equals("deflate")
            ? RecordedCall.inflate(response.body())
            : new String(response.body(), StandardCharsets.UTF_8);
    Answer answer =
        new Answer(
            response.statusCode(),
            header(response, "content-type"),
            encoding,
            header(response, "set-cookie"),
            body);
    listener.answered(call.method(), response.uri().getRawPath(), answer);
    return answer.withBody(asRecorded(server(call).asRecorded(body)));
  }

  private String asRecorded(String body) {
    String recorded = body;
    for (Map.Entry<String, String> meaning : ours.entrySet()) {
      if (FINGERPRINT.matcher(meaning.getKey()).matches()) {
        recorded = recorded.replace(meaning.getValue(), meaning.getKey());
      }
    }
    return recorded;
  }

  private static String header(HttpResponse<byte[]> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  /** Keeps what later calls bring along again. */
  private void learn(RecordedCall call, Answer answer) {
    JsonNode found = data(answer.body());
    JsonNode recorded = data(call.answer().body());
    if (recorded.asText().startsWith("UPID:") && found.asText().startsWith("UPID:")) {
      ours.put(recorded.textValue(), found.textValue());
    }
    String inCookie = answer.cookie().replaceAll("^__Host-PBSAuthCookie=([^;]*);.*$", "$1");
    String given = found.path("ticket").asText(inCookie.startsWith("PBS:") ? inCookie : "");
    if (!given.isEmpty() && found.path("username").asText().equals("backup@pbs")) {
      ticket = given;
      csrfToken = found.path("CSRFPreventionToken").asText();
    }
  }

  private static JsonNode data(String body) {
    try {
      return JSON.readTree(body).path("data");
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }
}
