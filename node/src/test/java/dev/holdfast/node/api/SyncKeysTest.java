package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.Kdf;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.crypto.Salt;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.job.RemoteConfig;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who has a kept key reads the backups that it encrypted, so only the state directory and
 * the answer that makes a key hold it; and no job loses the key that it needs.
 */
final class SyncKeysTest {
  private static final String KEYS = "/config/encryption-keys";
  private static final OffsetDateTime MADE =
      OffsetDateTime.of(2026, 11, 1, 8, 0, 0, 0, ZoneOffset.UTC);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  private final SecureRandom random = new SecureRandom();

  private TestNode node;
  private RemoteNode admin;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    node = TestNode.start(strict, directory);
    admin = node.admin();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode key(String id) {
    return JsonNodeFactory.instance.objectNode().put("id", id);
  }

  private static String text(KeyFile file) {
    return new String(KeyFileJson.print(file), StandardCharsets.UTF_8);
  }

  @Test
  void keyThatIsMadeIsTheOneThatIsKept() throws IOException {
    JsonNode made = admin.post(KEYS, key("offsite"));
    Path kept = node.state().resolve("encryption-keys/offsite.enc");
    KeyFile file = KeyFileJson.parse(Files.readAllBytes(kept));
    assertThat(KeyFileJson.tree(file)).isEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
        .isEqualTo("rw-------");
    JsonNode listed = admin.get(KEYS).path(0);
    assertThat(listed.path("id").asText()).isEqualTo("offsite");
    assertThat(listed.path("kdf").asText()).isEqualTo("none");
    assertThat(listed.path("fingerprint")).isEqualTo(made.path("fingerprint"));
    assertThat(listed.path("created").isIntegralNumber()).isTrue();
    assertThat(listed.toString()).doesNotContain(made.path("data").asText());
  }

  @Test
  void keyOfAClientIsTakenAsItIsButNotWithAPassphrase() {
    EncryptionKey key = EncryptionKey.generate(random);
    KeyFile plain = KeyFile.plain(key, MADE, MADE);
    JsonNode kept = admin.post(KEYS, key("imported").put("key", text(plain)));
    assertThat(kept).isEqualTo(KeyFileJson.tree(plain));
    assertThatThrownBy(() -> admin.post(KEYS, key("imported").put("key", text(plain))))
        .hasMessageContaining("key with id 'imported' already exists.");

    Kdf.Wrapping kdf = new Kdf.Pbkdf2(65_535, new Salt(new byte[32]));
    KeyFile wrapped = KeyFile.wrapped(key, kdf, new Secret("a password"), null, MADE, MADE, random);
    assertThatThrownBy(() -> admin.post(KEYS, key("wrapped").put("key", text(wrapped))))
        .hasMessageContaining("keys of syncs must have none");
    assertThatThrownBy(() -> admin.post(KEYS, key("broken").put("key", "{")))
        .hasMessageContaining("key file");
    assertThat(admin.get(KEYS).findValuesAsText("id")).containsExactly("imported");
  }

  @Test
  void archivedKeyIsListedOnRequestAndCanComeBack() {
    var unused = admin.post(KEYS, key("old"));
    unused = admin.post(KEYS + "/old", null);
    assertThat(admin.get(KEYS)).isEmpty();
    JsonNode archived = admin.get(KEYS, Map.of("include-archived", "true")).path(0);
    assertThat(archived.path("archived-at").asLong()).isPositive();
    unused = admin.post(KEYS + "/old", null);
    assertThat(admin.get(KEYS).path(0).has("archived-at")).isFalse();
    assertThatThrownBy(() -> admin.post(KEYS + "/absent", null))
        .hasMessageContaining("no such encryption key 'absent'");
  }

  @Test
  void keyGoesForGoodUnlessAJobNamesIt() throws IOException {
    var unused = admin.post(KEYS, key("needed"));
    Files.writeString(
        node.state().resolve("sync.cfg"),
        "sync: brought\n\tstore main\n\tremote there\n\tremote-store main\n\tassociated-key needed\n");
    assertThatThrownBy(() -> admin.delete(KEYS + "/needed", Map.of()))
        .hasMessageContaining("encryption key in use by sync job(s): brought");
    unused = admin.delete("/config/sync/brought", Map.of());
    unused = admin.delete(KEYS + "/needed", Map.of());
    assertThat(admin.get(KEYS)).isEmpty();
    assertThat(node.state().resolve("encryption-keys/needed.enc")).doesNotExist();
  }

  @Test
  void keysAreForThoseWhoMayAdministerThem() {
    Credential.Password user = node.user("auditor@pbs", "some password");
    RemoteNode auditor = node.client(user);
    assertThatThrownBy(() -> auditor.get(KEYS)).hasMessageContaining("permission");
    node.allow(user.user(), "/system/encryption-keys", "Audit");
    assertThat(auditor.get(KEYS)).isEmpty();
    assertThatThrownBy(() -> auditor.post(KEYS, key("mine"))).hasMessageContaining("permission");
  }

  @Test
  void reportTellsHowTheNodeIsSetUpAndNoSecrets() {
    JsonNode made = admin.post(KEYS, key("offsite"));
    var unused =
        admin.post(
            "/config/remote",
            JsonNodeFactory.instance
                .objectNode()
                .put("name", "there")
                .put("host", "backup.example")
                .put("auth-id", "sync@pbs!test")
                .put("password", "very secret"));
    String report = admin.get("/nodes/localhost/report").asText();
    assertThat(report)
        .contains(
            "# holdfast", "version: ", "# datastores", "main: ", "# remote.cfg", "backup.example")
        .contains("password ***")
        .doesNotContain("very secret")
        .doesNotContain(RemoteConfig.encoded(new Secret("very secret")))
        .doesNotContain(made.path("data").asText());
  }
}
