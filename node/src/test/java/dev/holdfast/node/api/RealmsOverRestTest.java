package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.access.realm.TestProvider;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: realms are set up over REST, their secrets stay here, and their users get in. */
final class RealmsOverRestTest {
  private static final String PAGE = "https://node.example.org:8007/";

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");
  private TestNode node;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start(strict, directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private PlainRequest.Answer post(String path, String... form) throws IOException {
    return new PlainRequest("POST /api2/json" + path).form(form).send(node.address().port());
  }

  private static JsonNode data(PlainRequest.Answer answer) throws IOException {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return new JsonMapper().readTree(answer.body()).path("data");
  }

  @Test
  void whoTheProviderKnowsGetsInAndBecomesAUserWhereThatIsWanted() throws IOException {
    try (TestProvider provider = new TestProvider()) {
      ObjectNode realm =
          object()
              .put("realm", "sso")
              .put("issuer-url", provider.issuer())
              .put("client-id", "holdfast")
              .put("client-key", "s3cret")
              .put("username-claim", "username");
      assertThat(node.admin().post("/config/access/openid", realm)).isNotNull();
      assertThat(node.admin().get("/config/access/openid").toString()).doesNotContain("s3cret");
      assertThat(login(provider).status()).isEqualTo(401); // no such user here
      assertThat(node.admin().put("/config/access/openid/sso", object().put("autocreate", true)))
          .isNotNull();
      JsonNode login = data(login(provider));
      assertThat(login.path("username").asText()).isEqualTo("alice@sso");
      assertThat(login.path("ticket").asText()).startsWith("PBS:alice@sso:");
      assertThat(node.admin().get("/access/users").toString()).contains("alice@sso");
      assertThat(node.admin().put("/access/users/alice@sso", object().put("enable", false)))
          .isNotNull();
      assertThat(login(provider).status()).isEqualTo(401);
    }
  }

  private PlainRequest.Answer login(TestProvider provider) throws IOException {
    String url =
        data(post("/access/openid/auth-url", "realm", "sso", "redirect-url", PAGE)).asText();
    return post(
        "/access/openid/login",
        "state",
        provider.visit(URI.create(url)),
        "code",
        TestProvider.CODE,
        "redirect-url",
        PAGE);
  }

  @Test
  void passwordOfADirectoryIsKeptInAFileOfItsOwnAndShownToNobody() throws IOException {
    ObjectNode realm =
        object()
            .put("realm", "corp")
            .put("server1", "127.0.0.1")
            .put("base-dn", "dc=example,dc=org")
            .put("user-attr", "uid")
            .put("bind-dn", "cn=search")
            .put("password", "s3arch")
            .put("default", true);
    assertThat(node.admin().post("/config/access/ldap", realm)).isNotNull();
    assertThatThrownBy(() -> node.admin().post("/config/access/ldap", realm))
        .hasMessageContaining("realm 'corp' already exists");
    JsonNode shown = node.admin().get("/config/access/ldap/corp");
    assertThat(shown.path("bind-dn").asText()).isEqualTo("cn=search");
    assertThat(shown.has("password")).isFalse();
    Path secrets = node.state().resolve("ldap_passwords.json");
    assertThat(Files.readString(secrets)).contains("s3arch");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secrets)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(node.state().resolve("domains.cfg"))).doesNotContain("s3arch");
    JsonNode domains = node.admin().get("/access/domains");
    assertThat(domains).hasSize(3);
    assertThat(domains.findValuesAsText("default")).containsExactly("true"); // of one alone
    assertThatThrownBy(
            () -> node.admin().put("/config/access/ldap/corp", object().put("filter", "(mail")))
        .hasMessageContaining("no LDAP filter");
    assertThat(node.admin().delete("/config/access/ldap/corp", Map.of())).isNotNull();
    assertThat(Files.readString(secrets)).doesNotContain("s3arch");
    assertThatThrownBy(() -> node.admin().get("/config/access/ldap/corp"))
        .hasMessageContaining("does not exist");
  }

  @Test
  void userOfADirectoryThatCannotBeAskedIsNotLetIn() throws IOException {
    ObjectNode realm = object().put("realm", "corp").put("server1", "127.0.0.1").put("port", 1);
    assertThat(node.admin().post("/config/access/ad", realm)).isNotNull();
    assertThat(node.admin().post("/access/users", object().put("userid", "a@corp"))).isNotNull();
    assertThat(post("/access/ticket", "username", "a@corp", "password", "x").status())
        .isEqualTo(401);
  }
}
