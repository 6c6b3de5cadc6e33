package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * An InfluxDB that is spoken to by HTTP, in the form of its version 2. The token goes into a header
 * and nowhere else.
 *
 * @param url of the server, without what is below
 * @param bodyBytesMax of one request
 */
record InfluxHttp(
    String name,
    String url,
    String organization,
    String bucket,
    @Nullable String token,
    long bodyBytesMax,
    boolean verifyTls)
    implements MetricServer {
  static final long BODY_BYTES_MAX_DEFAULT = 25_000_000;
  private static final String PROXMOX = "proxmox";

  static InfluxHttp of(Section section) {
    String url = String.valueOf(section.value("url")).replaceAll("/+$", "");
    String bytes = section.value("max-body-size");
    String verify = section.value("verify-tls");
    InfluxHttp server =
        new InfluxHttp(
            section.id(),
            url,
            orDefault(section, "organization"),
            orDefault(section, "bucket"),
            section.value("token"),
            bytes == null ? BODY_BYTES_MAX_DEFAULT : SectionValues.integer(bytes),
            verify == null || SectionValues.bool(verify));
    var unused = server.uri("/health"); // refuses what is no URL
    return server;
  }

  private static String orDefault(Section section, String key) {
    String value = section.value(key);
    return value == null ? PROXMOX : value;
  }

  @Override
  public void probe() {
    exchange(HttpRequest.newBuilder(uri("/health")).GET());
  }

  @Override
  public void send(List<String> lines) {
    String target =
        "/api/v2/write?org="
            + encoded(organization)
            + "&bucket="
            + encoded(bucket)
            + "&precision=ns";
    for (String body : Packets.of(lines, bodyBytesMax)) {
      exchange(HttpRequest.newBuilder(uri(target)).POST(BodyPublishers.ofString(body)));
    }
  }

  private URI uri(String below) {
    try {
      URI uri = URI.create(url + below);
      if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
        throw new IllegalArgumentException("expected http://HOST or https://HOST");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          Kind.INVALID_INPUT,
          "metric server '"
              + name
              + "' has the url '"
              + url
              + "', expected http://HOST[:PORT] or https://HOST[:PORT]",
          e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private void exchange(HttpRequest.Builder request) {
    String key = token;
    if (key != null) {
      request.header("Authorization", "Token " + key);
    }
    HttpResponse<Void> answer;
    try (HttpClient client = client()) {
      answer =
          client.send(request.timeout(TIME_MAX).build(), HttpResponse.BodyHandlers.discarding());
    } catch (IOException e) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE, "metric server '" + name + "' cannot be reached: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while sending to '" + name + "'", e);
    }
    if (answer.statusCode() / 100 != 2) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE,
          "metric server '" + name + "' answered with status " + answer.statusCode());
    }
  }

  /** One for each exchange: there are few, and what was changed counts at once. */
  private HttpClient client() {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(TIME_MAX)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1);
    return verifyTls ? builder.build() : builder.sslContext(trustingAnybody()).build();
  }

  private static SSLContext trustingAnybody() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyCertificate()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new BackupException(Kind.INTERNAL, "TLS cannot be used: " + e, e);
    }
  }

  @Override
  public String toString() {
    return name + " at " + url; // the token is a secret
  }
}
