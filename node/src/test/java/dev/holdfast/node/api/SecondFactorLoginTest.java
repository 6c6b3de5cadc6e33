package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * At stake: over REST, a password alone opens nothing for who has a second factor, and nobody
 * changes a factor without showing a password again.
 */
final class SecondFactorLoginTest {
  private static final String PASSWORD = "a good password";

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");
  private TestNode node;
  private Credential.Password user;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start(strict, directory);
    user = node.user("u@pbs", PASSWORD);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private JsonNode addRecovery() {
    RemoteNode own = node.client(user);
    JsonNode added =
        own.post("/access/tfa/u@pbs", object().put("type", "recovery").put("password", PASSWORD));
    return added.path("recovery");
  }

  private PlainRequest.Answer login(String who, String... pairs) throws IOException {
    String[] form =
        Stream.concat(Stream.of("username", who), Stream.of(pairs)).toArray(String[]::new);
    return new PlainRequest("POST /api2/json/access/ticket").form(form).send(node.address().port());
  }

  private static JsonNode data(PlainRequest.Answer answer) throws IOException {
    assertThat(answer.status()).isEqualTo(200);
    return new JsonMapper().readTree(answer.body()).path("data");
  }

  private int status(String ticket) throws IOException {
    String encoded = URLEncoder.encode(ticket, StandardCharsets.UTF_8);
    return new PlainRequest("GET /api2/json/access/users")
        .header("Cookie", "PBSAuthCookie=" + encoded)
        .send(node.address().port())
        .status();
  }

  @Test
  void passwordGivesHalfATicketAndTheSecondFactorTheWhole() throws IOException {
    String key = addRecovery().get(2).textValue();
    JsonNode half = data(login("u@pbs", "password", PASSWORD));
    assertThat(half.path("CSRFPreventionToken").asText()).isEqualTo("invalid");
    String ticket = half.path("ticket").asText();
    assertThat(ticket).startsWith("PBS:!tfa!{\"recovery\"%3A[0,1,2,3,4,5,6,7,8,9]}:");
    assertThat(status(ticket)).isEqualTo(401);
    assertThat(login("u@pbs", "password", ticket).status()).isEqualTo(401);
    assertThat(
            login("u@pbs", "tfa-challenge", ticket, "password", "recovery:" + "0".repeat(19))
                .status())
        .isEqualTo(401);
    assertThat(
            login("u@pbs", "tfa-challenge", ticket + "x", "password", "recovery:" + key).status())
        .isEqualTo(401);
    JsonNode whole = data(login("u@pbs", "tfa-challenge", ticket, "password", "recovery:" + key));
    assertThat(whole.path("CSRFPreventionToken").asText()).contains(":");
    assertThat(status(whole.path("ticket").asText())).isEqualTo(200);
    // A whole ticket is renewed without the factor.
    JsonNode renewed = data(login("u@pbs", "password", whole.path("ticket").asText()));
    assertThat(renewed.path("ticket").asText()).startsWith("PBS:u@pbs:");
  }

  @Test
  void clientAsksItsUserOnceALoginAndIsIn() {
    String key = addRecovery().get(0).textValue();
    List<Set<String>> asked = new ArrayList<>();
    RemoteNode client =
        node.client(
            new Credential.Password(
                user.user(),
                user.password(),
                (who, offered) -> {
                  asked.add(offered);
                  return new Secret("recovery:" + key);
                }));
    assertThat(client.get("/access/users")).hasSize(1);
    assertThat(client.get("/access/users")).hasSize(1);
    assertThat(asked).containsExactly(Set.of("recovery"));
    assertThatThrownBy(() -> node.client(user).get("/access/users"))
        .hasMessageContaining("needs a second factor");
  }

  @Test
  void everyLoginIsLoggedAndNoSecretIs() throws IOException {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger auth = (Logger) LoggerFactory.getLogger("auth");
    Level before = auth.getLevel();
    auth.setLevel(Level.INFO);
    auth.addAppender(log);
    log.start();
    try {
      String key = addRecovery().get(0).textValue();
      String ticket = data(login("u@pbs", "password", PASSWORD)).path("ticket").asText();
      var unused = login("u@pbs", "tfa-challenge", ticket, "password", "recovery:wrong");
      var whole = data(login("u@pbs", "tfa-challenge", ticket, "password", "recovery:" + key));
      List<String> lines = List.copyOf(log.list).stream().map(Object::toString).toList();
      assertThat(lines)
          .anyMatch(
              line ->
                  line.contains(
                      "authentication failure; rhost=[127.0.0.1] user=u@pbs msg=wrong response"))
          .anyMatch(line -> line.contains("successful auth; rhost=[127.0.0.1] user=u@pbs"))
          .noneMatch(line -> line.contains(PASSWORD) || line.contains(key))
          .noneMatch(line -> line.contains(whole.path("ticket").asText()));
    } finally {
      auth.detachAppender(log);
      auth.setLevel(before);
    }
  }

  @Test
  void halfATicketIsOnlyForItsUser() throws IOException {
    var unused = addRecovery();
    node.user("v@pbs", PASSWORD);
    String ticket = data(login("u@pbs", "password", PASSWORD)).path("ticket").asText();
    PlainRequest.Answer other = login("v@pbs", "tfa-challenge", ticket, "password", "recovery:x");
    assertThat(other.status()).isEqualTo(401);
  }

  @Test
  void halfATicketIsInTheBodyEvenWhereCookiesAreWanted() throws IOException {
    var unused = addRecovery();
    PlainRequest.Answer answer = login("u@pbs", "password", PASSWORD, "http-only", "1");
    assertThat(data(answer).path("ticket").asText()).startsWith("PBS:!tfa!");
    assertThat(answer.headers()).doesNotContainKey("set-cookie");
  }

  @Test
  void factorsAreListedChangedAndRemovedWithThePasswordOfTheCaller() {
    RemoteNode own = node.client(user);
    String path = "/access/tfa/u@pbs";
    assertThatThrownBy(() -> own.post(path, object().put("type", "recovery")))
        .hasMessageContaining("password");
    var unused = addRecovery();
    JsonNode entry = own.get(path).get(0);
    assertThat(entry.path("type").asText()).isEqualTo("recovery");
    assertThat(entry.path("created").asLong()).isPositive();
    assertThat(own.get("/access/tfa").get(0).path("userid").asText()).isEqualTo("u@pbs");
    assertThat(node.client(node.user("v@pbs", PASSWORD)).get("/access/tfa")).isEmpty();
    assertThat(node.admin().get("/access/tfa")).hasSize(1);
    assertThatThrownBy(() -> node.admin().get(path + "/absent"))
        .hasMessageContaining("no such tfa entry: absent");
    // Who reads the state directory needs no password.
    assertThat(node.admin().delete(path + "/recovery", Map.of())).isNotNull();
    assertThat(own.get(path)).isEmpty();
  }

  @Test
  void administratorOfUsersDoesNotTouchTheSuperusersFactors() {
    assertThat(node.admin().post("/access/tfa/root@pam", object().put("type", "recovery")))
        .isNotNull();
    node.allow(user.user(), "/", "Admin");
    RemoteNode own = node.client(user);
    assertThat(own.get("/access/tfa/root@pam")).hasSize(1);
    assertThatThrownBy(
            () -> own.delete("/access/tfa/root@pam/recovery", Map.of("password", PASSWORD)))
        .hasMessageContaining("only root@pam");
  }

  @Test
  void removedUserLeavesNoFactorBehind() {
    var unused = addRecovery();
    assertThat(node.admin().delete("/access/users/u@pbs", Map.of())).isNotNull();
    assertThat(node.admin().get("/access/tfa")).isEmpty();
  }

  @Test
  void settingsOfWebauthnAreKeptAndRemoved() {
    String path = "/config/access/tfa/webauthn";
    assertThat(node.admin().get(path).isNull()).isTrue();
    assertThatThrownBy(() -> node.admin().put(path, object().put("rp", "Site")))
        .hasMessageContaining("has no 'id'");
    assertThat(node.admin().put(path, object().put("rp", "Site").put("id", "example.org")))
        .isNotNull();
    assertThat(node.admin().get(path).path("id").asText()).isEqualTo("example.org");
    assertThat(node.admin().put(path, object().put("origin", "https://pbs.example.org:8007")))
        .isNotNull();
    assertThat(node.admin().get(path).path("origin").asText()).endsWith(":8007");
  }
}
