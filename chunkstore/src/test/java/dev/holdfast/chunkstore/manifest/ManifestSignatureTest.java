package dev.holdfast.chunkstore.manifest;

import static dev.holdfast.chunkstore.testing.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SecretBytes;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * At stake: with the signature a client knows that what it restores is what it stored. It must be
 * byte for byte what other clients make, and nothing that it covers may change unseen.
 */
class ManifestSignatureTest {
  private static final EncryptionKey KEY = TestKeys.ofSpecification();

  @Test
  void signsTheExampleOfTheSpecification() {
    EncryptionKey key =
        EncryptionKey.of(
            new SecretBytes(
                HexFormat.of()
                    .parseHex("28cdb1a3bef39396c3860e00d448fe7a0efd8244486ab6feb30457681d31597e")));
    Manifest manifest =
        Manifest.of(
            SnapshotId.parse("host/elsa/2020-06-26T13:56:05Z"),
            List.of(
                new ManifestFile(
                    new ArchiveName("test1.img.fidx"),
                    CryptMode.ENCRYPT,
                    200,
                    Digest.parse("01".repeat(32))),
                new ManifestFile(
                    new ArchiveName("abc.blob"),
                    CryptMode.NONE,
                    200,
                    Digest.parse("02".repeat(32)))));
    Manifest signed = ManifestSignature.sign(manifest, key);
    assertThat(signed.signature())
        .isEqualTo("d7b446fb7db081662081d4b40fedd858a1d6307a5aff4ecff7d5bf4fd35679e9");
    assertThat(signed.keyFingerprint()).isEqualTo(key.fingerprint().toString());
    ManifestSignature.check(signed, key);
    ManifestSignature.check(Manifest.decodeBlob(signed.encodeBlob()), key);
  }

  @Test
  void coversTheTextsThatWereRecorded() throws IOException {
    JsonNode files = Vectors.json("pbs-3.2.4/datastore-crypt.json").path("files");
    EncryptionKey none = TestKeys.recorded("key-none.json");
    EncryptionKey scrypt = TestKeys.recorded("key-scrypt.json");
    JsonNode recorded = Vectors.json("pbs-3.2.4/auth-and-keys.json").path("manifest_signatures");
    assertThat(recorded).isNotEmpty();
    for (JsonNode one : recorded) {
      String text = files.path(one.path("manifest").asText()).path("manifest_text").asText();
      Manifest manifest = Manifest.parse(text.getBytes(StandardCharsets.UTF_8));
      assertThat(new String(manifest.signedText(), StandardCharsets.UTF_8))
          .isEqualTo(one.path("canonical_text").asText());
      boolean ofNone = one.path("matches_key_none").asBoolean();
      EncryptionKey right = ofNone ? none : scrypt;
      EncryptionKey wrong = ofNone ? scrypt : none;
      assertThat(right.authTag(manifest.signedText()).hex())
          .isEqualTo(one.path("signature").asText());
      ManifestSignature.check(manifest, right);
      refused(
          Kind.UNAUTHENTICATED,
          "wrong key - manifest of "
              + manifest.snapshot()
              + " was created with key "
              + right.fingerprint().brief()
              + ", the given one is "
              + wrong.fingerprint().brief(),
          () -> ManifestSignature.check(manifest, wrong));
      refused(
          Kind.UNAUTHENTICATED,
          "missing key - manifest of "
              + manifest.snapshot()
              + " was created with key "
              + right.fingerprint().brief(),
          () -> ManifestSignature.check(manifest, null));
    }
  }

  /** A server that pushes with a key signs anew, and keeps the signature of what it had. */
  @Test
  void coversWhatAServerPushedWithAKeyAndPulledBack() throws IOException {
    JsonNode files = Vectors.json("pbs-4.2/server-files.json");
    Map<String, KeyFile> keys = new HashMap<>();
    for (String name : List.of("kimp", "k01")) {
      byte[] text = utf8(files.path("d/encryption-keys/" + name + ".enc").path("text"));
      KeyFile file = KeyFileJson.parse(text);
      assertThat(KeyFileJson.print(file)).isEqualTo(text);
      keys.put(name, file);
    }
    EncryptionKey key = Objects.requireNonNull(keys.get("kimp")).open(() -> TestKeys.PASSPHRASE);
    JsonNode recorded = files.path("sync-encryption-manifests");
    int compared = 0;
    for (String name : recorded.properties().stream().map(Map.Entry::getKey).toList()) {
      if (name.startsWith("source: ")) {
        String snapshot = name.substring("source: ".length());
        Manifest source = Manifest.parse(utf8(recorded.path(name)));
        Manifest pushed = Manifest.parse(utf8(recorded.path("pushed with key kimp: " + snapshot)));
        Manifest back =
            Manifest.parse(utf8(recorded.path("pulled back and decrypted: " + snapshot)));
        ManifestSignature.check(pushed, key);
        assertThat(pushed.cryptMode()).isEqualTo(CryptMode.ENCRYPT);
        assertThat(back.files()).isEqualTo(source.files());
        assertThat(back.signed()).isFalse();
        assertThat(sourceSignature(back)).isEqualTo(pushed.signature());
        assertThat(sourceSignature(pushed)).isEqualTo(key.authTag(source.signedText()).hex());
        compared++;
      }
    }
    assertThat(compared).isEqualTo(3);
  }

  private static byte[] utf8(JsonNode text) {
    return text.textValue().getBytes(StandardCharsets.UTF_8);
  }

  private static String sourceSignature(Manifest manifest) {
    JsonNode signature = manifest.unprotected("sync-source-signature");
    return Objects.requireNonNull(signature).textValue().replace(":", "");
  }

  @Test
  void coversMembersThatThisVersionDoesNotKnow() {
    String before =
        "{\"backup-id\":\"a\",\"backup-time\":1,\"backup-type\":\"host\",\"files\":[],"
            + "\"later\":{\"b\":[true,\"/\\u0001é\"],\"a\":18446744073709551615},"
            + "\"unprotected\":{\"notes\":\"x\"}}";
    Manifest manifest = Manifest.parse(before.getBytes(StandardCharsets.UTF_8));
    assertThat(new String(manifest.signedText(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"backup-id\":\"a\",\"backup-time\":1,\"backup-type\":\"host\",\"files\":[],"
                + "\"later\":{\"a\":18446744073709551615,\"b\":[true,\"/\\u0001é\"]}}");
    Manifest signed = ManifestSignature.sign(manifest, KEY);
    Manifest changed = replaced(signed, "\"/\\u0001é\"", "\"/\\u0002é\"");
    assertThatThrownBy(() -> ManifestSignature.check(changed, KEY))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("has signature '" + signed.signature() + "', its text has '");
  }

  @Test
  void serverMayChangeWhatIsUnprotected() {
    Manifest signed = ManifestSignature.sign(manifest(3), KEY);
    ManifestSignature.check(signed.withNotes("other notes"), KEY);
    // Neither taking the fingerprint away makes another key fit,
    Manifest nameless = signed.withUnprotected("key-fingerprint", null);
    ManifestSignature.check(nameless, KEY);
    EncryptionKey other = EncryptionKey.of(new SecretBytes(new byte[32]));
    assertThatThrownBy(() -> ManifestSignature.check(nameless, other))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA));
  }

  @Test
  void unsignedManifestIsTakenWithAndWithoutKey() {
    ManifestSignature.check(manifest(2), null);
    ManifestSignature.check(manifest(2), KEY);
  }

  @Test
  void refusesToSignANull() {
    String text =
        "{\"backup-id\":\"a\",\"backup-time\":1,\"backup-type\":\"host\",\"files\":[],\"x\":[null]}";
    Manifest manifest = Manifest.parse(text.getBytes(StandardCharsets.UTF_8));
    refused(
        Kind.CORRUPT_DATA,
        "manifest of host/a/1970-01-01T00:00:01Z: got unexpected null value",
        () -> ManifestSignature.sign(manifest, KEY));
  }

  @Property(tries = 50)
  void noChangedFileGoesUnseen(
      @ForAll @IntRange(min = 1, max = 5) int count, @ForAll @IntRange(max = 3) int what) {
    Manifest signed = ManifestSignature.sign(manifest(count), KEY);
    ManifestFile last = signed.files().getLast();
    Manifest changed =
        switch (what) {
          case 0 -> replaced(signed, last.csum().hex(), "ff".repeat(32));
          case 1 -> replaced(signed, "\"size\": " + last.size(), "\"size\": 1000");
          case 2 -> replaced(signed, last.name().text(), "z.conf.blob");
          default -> replaced(signed, "\"backup-id\": \"a\"", "\"backup-id\": \"b\"");
        };
    assertThat(changed).isNotEqualTo(signed);
    assertThatThrownBy(() -> ManifestSignature.check(changed, KEY))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA));
  }

  private static Manifest manifest(int files) {
    List<ManifestFile> list =
        IntStream.range(0, files)
            .mapToObj(
                i ->
                    new ManifestFile(
                        new ArchiveName(i + ".img.fidx"),
                        CryptMode.ENCRYPT,
                        100 + i,
                        Digest.sha256(new byte[] {(byte) i})))
            .toList();
    return Manifest.of(SnapshotId.parse("host/a/2024-06-05T10:00:00Z"), list);
  }

  private static Manifest replaced(Manifest manifest, String what, String by) {
    String text = new String(manifest.json(), StandardCharsets.UTF_8);
    return Manifest.parse(text.replace(what, by).getBytes(StandardCharsets.UTF_8));
  }
}
