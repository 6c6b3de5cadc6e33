package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * At stake: what a real server wrote, signed and hashed is read here in the same way. Ground truth:
 * vectors/pbs-3.2.4/auth-and-keys.json.
 */
class AuthVectorsTest {
  private JsonNode recorded = NullNode.getInstance();

  @BeforeEach
  void load() throws IOException {
    recorded = Vectors.json("pbs-3.2.4/auth-and-keys.json");
  }

  private static Instant issued(String text) {
    String hex = text.replaceAll("^(?:PBS:[^:]*:)?([0-9A-F]{8}):.*$", "$1");
    return Instant.ofEpochSecond(Long.parseLong(hex, 16));
  }

  private Tickets tickets() {
    byte[] pem =
        recorded.get("ticket_public_key_pem").textValue().getBytes(StandardCharsets.US_ASCII);
    return new Tickets(null, Tickets.publicKey(pem));
  }

  @Test
  void ticketsVerify() {
    for (JsonNode entry : recorded.get("tickets")) {
      String ticket = entry.get("ticket").textValue();
      assertThat(tickets().verify(ticket, issued(ticket)))
          .isEqualTo(AuthId.parse(entry.get("username").textValue()));
    }
  }

  @Test
  void ticketsAreGoodForTwoHoursAndFiveMinutesOfSkew() {
    String ticket = recorded.get("tickets").get(0).get("ticket").textValue();
    Instant issued = issued(ticket);
    assertThat(tickets().verify(ticket, issued.plus(Duration.ofHours(2)))).isNotNull();
    assertThat(tickets().verify(ticket, issued.minus(Duration.ofMinutes(5)))).isNotNull();
    assertRefused(
        () -> tickets().verify(ticket, issued.plusSeconds(7201)), "invalid ticket - expired");
    assertRefused(
        () -> tickets().verify(ticket, issued.minusSeconds(301)),
        "invalid ticket - timestamp newer than expected");
  }

  @Test
  void noBitOfATicketCanBeChanged() {
    String ticket = recorded.get("tickets").get(0).get("ticket").textValue();
    Instant issued = issued(ticket);
    for (int i = 0; i < ticket.length(); i++) {
      String changed =
          ticket.substring(0, i) + (char) (ticket.charAt(i) ^ 1) + ticket.substring(i + 1);
      // The last base64 character holds four bits that no byte takes.
      if (i < ticket.length() - 1) {
        assertThatThrownBy(() -> tickets().verify(changed, issued))
            .as(changed)
            .isInstanceOf(BackupException.class)
            .extracting(e -> ((BackupException) e).kind())
            .isEqualTo(Kind.UNAUTHENTICATED);
      }
    }
  }

  @Test
  void csrfTokensVerifyAndAreMadeAlike() {
    Csrf csrf =
        Csrf.of(recorded.get("csrf_key_file").textValue().getBytes(StandardCharsets.US_ASCII));
    for (JsonNode entry : recorded.get("tickets")) {
      AuthId user = AuthId.parse(entry.get("username").textValue());
      String token = entry.get("csrf").textValue();
      Instant issued = issued(token);
      csrf.verify(token, user, issued);
      assertThat(csrf.issue(user, issued)).isEqualTo(token);
      assertRefused(
          () -> csrf.verify(token, AuthId.parse("other@pbs"), issued),
          "invalid csrf token - wrong signature");
      assertRefused(
          () -> csrf.verify(token, user, issued.plusSeconds(7201)), "invalid csrf token - expired");
    }
  }

  @Test
  void configurationFilesParseAndAreWrittenAlike() {
    JsonNode files = recorded.get("config_files");
    String users = files.get("user.cfg").textValue();
    UserConfig config = UserConfig.parse(users);
    assertThat(config.format()).isEqualTo(users);
    assertThat(config.users())
        .extracting(u -> u.id().toString())
        .containsExactly("backup@pbs", "root@pam", "viewer@pbs");
    assertThat(config.tokens(AuthId.ROOT))
        .extracting(t -> t.id().toString())
        .containsExactly("root@pam!adm");
    String acl = files.get("acl.cfg").textValue();
    assertThat(Acl.parse(acl).format()).isEqualTo(acl);
    String stores = files.get("datastore.cfg").textValue();
    assertThat(
            SectionConfig.parse(
                    stores, Map.of("datastore", SectionConfig.Schema.of("path", "comment")))
                .format())
        .isEqualTo(stores);
  }

  @Test
  void hashesOfARealServerAreChecked() {
    JsonNode passwords = recorded.path("password_hashes");
    for (String user : List.of("backup", "viewer")) {
      String hash = passwords.path("shadow.json").path(user).textValue();
      String password = passwords.path("passwords").path(user).textValue();
      assertThat(Hashes.isReadable(hash)).isTrue();
      assertThat(Hashes.verify(new Secret(password), hash)).isTrue();
      assertThat(Hashes.verify(new Secret(password + "x"), hash)).isFalse();
      assertThat(Hashes.verify(new Secret(password + "\0x"), hash)).isFalse();
    }
  }

  @Test
  void hashOfAnUnknownKindIsNamed() {
    assertThat(Hashes.isReadable("$zz$salt$hash")).isFalse();
    assertThatThrownBy(() -> Hashes.verify(new Secret("x"), "$zz$salt$hash"))
        .hasMessageStartingWith("hash of kind '$zz$', which");
  }

  @Test
  void sha256CryptAgreesWithItsPublishedCase() {
    // The first case of the published specification of SHA-crypt; OpenSSL agrees.
    String published = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
    assertThat(Hashes.verify(new Secret("Hello world!"), published)).isTrue();
    String own = Hashes.hash(new Secret("a"), new SecureRandom());
    assertThat(own).matches("\\$5\\$[./0-9A-Za-z]{16}\\$[./0-9A-Za-z]{43}");
    assertThat(Hashes.verify(new Secret("a"), own)).isTrue();
    assertThat(Hashes.verify(new Secret("b"), own)).isFalse();
  }

  private static void assertRefused(Runnable action, String text) {
    assertThatThrownBy(action::run)
        .isInstanceOf(BackupException.class)
        .hasMessage(text)
        .extracting(e -> ((BackupException) e).kind())
        .isEqualTo(Kind.UNAUTHENTICATED);
  }
}
