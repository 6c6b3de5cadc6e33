package dev.holdfast.node.testing;

import dev.holdfast.replication.testing.RawTls;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One HTTP/1.1 request of which a test decides every header, on a connection of its own. */
public final class PlainRequest {
  private final String line;
  private boolean host = true;
  private final List<String> headers = new ArrayList<>();
  private String body = "";

  /** What came back; names of headers are in lower case. */
  public record Answer(int status, Map<String, String> headers, String body) {}

  /**
   * @param line method and target, {@code GET /api2/json/version}
   */
  public PlainRequest(String line) {
    this.line = line;
  }

  /** Returns this. */
  public PlainRequest header(String name, String value) {
    headers.add(name + ": " + value);
    return this;
  }

  /** Names no host, as no HTTP library would; returns this. */
  public PlainRequest withoutHost() {
    host = false;
    return this;
  }

  /** Returns this. */
  public PlainRequest json(String text) {
    return body("application/json", text);
  }

  /** Names and values by turns, as a browser sends them. Returns this. */
  public PlainRequest form(String... pairs) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < pairs.length; i += 2) {
      form.append(i == 0 ? "" : "&")
          .append(pairs[i])
          .append('=')
          .append(URLEncoder.encode(pairs[i + 1], StandardCharsets.UTF_8));
    }
    return body("application/x-www-form-urlencoded", form.toString());
  }

  private PlainRequest body(String type, String text) {
    body = text;
    return header("Content-Type", type)
        .header(
            "Content-Length", Integer.toString(text.getBytes(StandardCharsets.ISO_8859_1).length));
  }

  /** Returns this. */
  public PlainRequest form(String text) {
    body = text;
    return header("Content-Type", "application/x-www-form-urlencoded")
        .header("Content-Length", Integer.toString(text.length()));
  }

  public Answer send(int port) throws IOException {
    try (RawTls tls = RawTls.connect(port)) {
      return on(tls);
    }
  }

  /** As one of several requests of a connection, which stays open. */
  public Answer on(RawTls tls) throws IOException {
    return read(write(tls).send());
  }

  /** Puts the request's bytes behind those that are not sent yet. */
  public RawTls write(RawTls tls) {
    tls.text(line + " HTTP/1.1\r\n" + (host ? "Host: here\r\n" : ""));
    headers.forEach(header -> tls.text(header + "\r\n"));
    return tls.text("\r\n" + body);
  }

  /** The next answer of a connection. */
  public static Answer read(RawTls tls) throws IOException {
    String[] head = tls.readHead().split("\r\n", -1);
    Map<String, String> answered = new HashMap<>();
    for (String header : List.of(head).subList(1, head.length)) {
      int colon = header.indexOf(':');
      if (colon > 0) {
        answered.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
    }
    int length = Integer.parseInt(answered.getOrDefault("content-length", "0"));
    int status = Integer.parseInt(head[0].split(" ", 3)[1]);
    return new Answer(status, answered, utf8(tls.readText(length)));
  }

  private static String utf8(String bytes) {
    return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
