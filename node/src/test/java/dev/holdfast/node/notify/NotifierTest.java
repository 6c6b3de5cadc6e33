package dev.holdfast.node.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what happens at night reaches somebody, once, and no secret goes anywhere else. Mail
 * server and HTTP server are the test's.
 */
final class NotifierTest {
  private static final int ANSWER_SECONDS_MAX = 20;
  private static final Notification EVENT =
      new Notification(
          Severity.ERROR,
          Instant.parse("2024-05-01T18:30:00Z"),
          new TreeMap<>(Map.of("type", "prune", "datastore", "main")),
          "lyon: prune job 'nightly' failed",
          "It failed: \"no space\".\n");

  @TempDir Path directory = Path.of("");

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private int status = 200;
  private HttpServer http;
  private NotificationConfig config;
  private Notifier notifier;

  @BeforeEach
  void start() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          received.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("X-Gotify-Key")
                  + " "
                  + exchange.getRequestHeaders().getFirst("X-Auth")
                  + " "
                  + body);
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    http.start();
    config =
        new NotificationConfig(
            StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom()),
            ZoneOffset.UTC);
    notifier =
        new Notifier(
            config,
            user ->
                user.toString().equals("root@pam")
                    ? Optional.of("root@lyon.example")
                    : Optional.empty());
  }

  @AfterEach
  void stop() throws InterruptedException {
    notifier.close();
    http.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  private void put(String type, String name, String... properties) {
    put(null, type, name, properties);
  }

  private void put(
      @Nullable SortedMap<String, List<String>> secrets,
      String type,
      String name,
      String... properties) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    for (int i = 0; i < properties.length; i += 2) {
      map.computeIfAbsent(properties[i], key -> new ArrayList<>()).add(properties[i + 1]);
    }
    config.put(null, new Section(type, name, map), secrets);
  }

  private static SortedMap<String, List<String>> secret(String name, String value) {
    return new TreeMap<>(Map.of(name, List.of(value)));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private String next() throws InterruptedException {
    String text = received.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    assertThat(text).isNotNull();
    return text;
  }

  @Test
  void gotifyGetsTitleMessageAndPriority() throws InterruptedException {
    put(secret("token", "app-token"), "gotify", "phone", "server", url() + "/");
    notifier.sendTo("phone", EVENT);
    assertThat(next())
        .startsWith("POST /message app-token ")
        .contains(
            "\"title\":\"lyon: prune job 'nightly' failed\"",
            "\"message\":\"It failed: \\\"no space\\\".\\n\"",
            "\"priority\":9");
  }

  @Test
  void webhookHasItsPlacesFilled() throws InterruptedException {
    put(
        secret("secret", "name=key,value=" + base64("s3cret")),
        "webhook",
        "chat",
        "method",
        "put",
        "url",
        url() + "/hook/{{ fields.datastore }}?at={{ timestamp }}&t={{ url-encode title }}",
        "header",
        "name=X-Auth,value=" + base64("Bearer {{ secrets.key }}"),
        "body",
        base64("{\"text\":\"{{ escape message }}\",\"all\":{{ json fields }}}"));
    notifier.sendTo("chat", EVENT);
    assertThat(next())
        .isEqualTo(
            "PUT /hook/main?at=1714588200&t=lyon%3A+prune+job+%27nightly%27+failed"
                + " null Bearer s3cret {\"text\":\"It failed: \\\"no space\\\".\\n\","
                + "\"all\":{\"datastore\":\"main\",\"type\":\"prune\"}}");
  }

  @Test
  void mailReachesAddressesAndUsers() throws Exception {
    GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    mail.setUser("node@lyon.example", "node", "mail-pw");
    mail.start();
    try {
      put(
          secret("password", "mail-pw"),
          "smtp",
          "mail",
          "server",
          "127.0.0.1",
          "port",
          Integer.toString(mail.getSmtp().getPort()),
          "mode",
          "insecure",
          "username",
          "node",
          "from-address",
          "node@lyon.example",
          "mailto",
          "ops@example.org",
          "mailto-user",
          "root@pam");
      notifier.sendTo("mail", EVENT);
      assertThat(mail.waitForIncomingEmail(2)).isTrue();
      var message = mail.getReceivedMessages()[0];
      assertThat(message.getSubject()).isEqualTo(EVENT.title());
      assertThat(message.getContent().toString()).contains("no space");
      assertThat(message.getFrom()[0].toString()).isEqualTo("Holdfast <node@lyon.example>");
      assertThat(message.getAllRecipients())
          .extracting(Object::toString)
          .containsExactly("ops@example.org", "root@lyon.example");
    } finally {
      mail.stop();
    }
  }

  @Test
  void eachTargetGetsOneCopyHoweverManyMatchersNameIt() throws InterruptedException {
    put(secret("token", "t"), "gotify", "phone", "server", url());
    put(secret("token", "u"), "gotify", "off", "server", url(), "disable", "true");
    put(Matcher.TYPE, "errors", "match-severity", "error", "target", "phone", "target", "off");
    put(Matcher.TYPE, "all", "target", "phone");
    put(Matcher.TYPE, "never", "match-severity", "info", "target", "phone");
    put(Matcher.TYPE, "default-matcher", "disable", "true");
    notifier.send(EVENT);
    assertThat(next()).startsWith("POST /message t ");
    notifier.close(); // waits for what is under way
    assertThat(received).isEmpty();
  }

  @Test
  void errorsNameTheTargetAndNoSecret() {
    status = 500;
    put(
        secret("secret", "name=key,value=" + base64("s3cret")),
        "webhook",
        "chat",
        "method",
        "post",
        "url",
        url() + "/{{ secrets.key }}");
    assertThatThrownBy(() -> notifier.sendTo("chat", EVENT))
        .hasMessage("target 'chat' answered with status 500");
    put(
        secret("secret", "name=key,value=" + base64("s3 cret")),
        "webhook",
        "bad",
        "method",
        "post",
        "url",
        "http://{{ secrets.key }}/");
    assertThatThrownBy(() -> notifier.sendTo("bad", EVENT))
        .hasMessageContaining("target 'bad'")
        .hasMessageNotContaining("cret/")
        .hasMessageNotContaining("s3");
    assertThatThrownBy(() -> notifier.sendTo("none", EVENT)).hasMessage("no such target 'none'");
  }

  @Test
  void secretsAreInAFileOfTheirOwnThatNobodyElseReads() throws IOException {
    put(secret("token", "app-token"), "gotify", "phone", "server", url());
    Path state = directory.resolve("state");
    assertThat(Files.readString(state.resolve("notifications.cfg"))).doesNotContain("app-token");
    Path secrets = state.resolve("notifications-priv.cfg");
    assertThat(Files.readString(secrets)).isEqualTo("gotify: phone\n\ttoken app-token\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secrets)))
        .isEqualTo("rw-------");
    config.remove(null, "phone");
    assertThat(Files.readString(secrets)).isEmpty();
  }

  @Test
  void targetInUseStaysAndMatchersNameTargetsThatAreThere() {
    put(secret("token", "t"), "gotify", "phone", "server", url());
    put(Matcher.TYPE, "all", "target", "phone");
    assertThatThrownBy(() -> config.remove(null, "phone"))
        .hasMessage("cannot delete 'phone', referenced by: all");
    assertThatThrownBy(() -> put(Matcher.TYPE, "more", "target", "nobody"))
        .hasMessage("matcher 'more' names target 'nobody', and there is none");
  }

  @Test
  void builtInEntriesComeBackWhenTheirChangesAreRemoved() {
    assertThat(config.origin("default-matcher")).isEqualTo(NotificationConfig.Origin.BUILTIN);
    put(Matcher.TYPE, "default-matcher", "disable", "true");
    assertThat(config.origin("default-matcher"))
        .isEqualTo(NotificationConfig.Origin.MODIFIED_BUILTIN);
    config.remove(null, "default-matcher");
    assertThat(config.ofType(Matcher.TYPE).getFirst().value("target")).isEqualTo("mail-to-root");
  }
}
