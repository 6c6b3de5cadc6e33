package dev.holdfast.chunkstore.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: a manifest is signed, and copied between peers byte for byte. What we do not know must
 * survive us, what we print must be what PBS prints, and what is wrong must be refused in its
 * words.
 */
class ManifestTest {
  private static final String ELSA =
      "{'backup-id':'elsa','backup-time':1593179765,'backup-type':'host','files':["
          + "{'crypt-mode':'none','csum':'"
          + "01".repeat(32)
          + "','filename':'a.conf.blob','size':12}],'signature':null,'unprotected':{}}";

  @Test
  void readsTheExampleAndPrintsTheSameText() throws IOException {
    byte[] text = Golden.read("manifest/elsa.json");
    Manifest manifest = Manifest.decodeBlob(Golden.read("manifest/elsa.index.json.blob"));
    assertThat(manifest).isEqualTo(Manifest.parse(text));
    assertThat(utf8(manifest.json())).isEqualTo(utf8(text));
    assertThat(manifest.snapshot()).hasToString("host/elsa/2020-06-26T13:56:05Z");
    assertThat(manifest.files())
        .containsExactly(
            new ManifestFile(
                new ArchiveName("test1.img.fidx"),
                CryptMode.ENCRYPT,
                200,
                Digest.parse("01".repeat(32))),
            new ManifestFile(
                new ArchiveName("abc.blob"), CryptMode.NONE, 200, Digest.parse("02".repeat(32))));
    assertThat(manifest.file(new ArchiveName("abc.blob"))).isEqualTo(manifest.files().get(1));
    assertThat(manifest.file(new ArchiveName("abd.blob"))).isNull();
    assertThat(manifest.notes()).contains("first \"line\"\n\tsecond: ünï 🔒 \u0001/");
    assertThat(manifest.keyFingerprint()).isEqualTo("0e:".repeat(31) + "0e");
    assertThat(manifest.signed()).isTrue();
    assertThat(manifest.cryptMode()).isEqualTo(CryptMode.ENCRYPT);
    assertThat(manifest.verifyState())
        .isEqualTo(
            new VerifyState(
                VerifyState.State.OK,
                "UPID:vm:000005D2:000532C2:0000005C:6B027159:verify:plain:root@pam:"));
  }

  @Test
  void printsNewManifestAsPbsDoes() {
    Manifest manifest =
        Manifest.of(
            SnapshotId.parse("vm/100/2024-06-05T11:00:00Z"),
            List.of(
                new ManifestFile(
                    new ArchiveName("drive.img.fidx"),
                    CryptMode.SIGN_ONLY,
                    13_632_000,
                    Digest.parse("ab".repeat(32)))));
    assertThat(utf8(manifest.json()))
        .isEqualTo(
            """
            {
              "backup-id": "100",
              "backup-time": 1717585200,
              "backup-type": "vm",
              "files": [
                {
                  "crypt-mode": "sign-only",
                  "csum": "%s",
                  "filename": "drive.img.fidx",
                  "size": 13632000
                }
              ],
              "signature": null,
              "unprotected": {}
            }"""
                .formatted("ab".repeat(32)));
    assertThat(manifest.signed()).isFalse();
    assertThat(manifest.notes()).isEmpty();
    assertThat(manifest.verifyState()).isNull();
    assertThat(manifest.keyFingerprint()).isNull();
    assertThat(manifest.cryptMode()).isEqualTo(CryptMode.SIGN_ONLY);
    assertThat(Manifest.decodeBlob(manifest.encodeBlob())).isEqualTo(manifest);
  }

  @Test
  void changesWhatIsUnprotectedAndNothingElse() throws IOException {
    Manifest before = Manifest.parse(Golden.read("manifest/elsa.json"));
    String text = utf8(before.json());
    ObjectNode stats = JsonNodeFactory.instance.objectNode().put("count", 7L);
    Manifest after =
        before
            .withNotes("other")
            .withUnprotected("chunk_upload_stats", stats)
            .withUnprotected("verify_state", null);
    stats.put("count", 8L); // ours is a copy
    assertThat(after.notes()).contains("other");
    assertThat(after.verifyState()).isNull();
    JsonNode noted = after.unprotected("chunk_upload_stats");
    assertThat(noted).hasToString("{\"count\":7}");
    assertThat(after.unprotected("no-such")).isNull();
    assertThat(utf8(before.json())).isEqualTo(text);
    assertThat(after.withNotes(null).notes()).isEmpty();
    // Everything up to "unprotected", and what follows it, is as it was.
    assertThat(utf8(after.json()))
        .startsWith(text.substring(0, text.indexOf("\"unprotected\"")))
        .contains("\"tool-of-tomorrow\"")
        .endsWith(text.substring(text.indexOf("\"x-unknown\"")));
    assertThat(Manifest.decodeBlob(after.encodeBlob())).isEqualTo(after);
  }

  @Test
  void takesManifestWithoutTheOptionalMembers() {
    Manifest manifest =
        parse(
            ELSA.replace("'crypt-mode':'none',", "")
                .replace(",'signature':null,'unprotected':{}", ""));
    assertThat(manifest.files().getFirst().crypt()).isEqualTo(CryptMode.NONE);
    assertThat(manifest.signed()).isFalse();
    assertThat(manifest.withNotes("n").notes()).contains("n");
    assertThat(parse(ELSA.replace("'unprotected':{}", "'unprotected':null")).notes()).isEmpty();
    assertThat(manifest.withUnprotected("x", IntNode.valueOf(1)).unprotected("x")).hasToString("1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'csum':'01…' -> 'csum':''       | Invalid string length",
        "'csum':'01…' -> 'csum':'010'    | Odd number of digits",
        "'csum':'01 -> 'csum':'0x        | Invalid character 'x' at position 1",
        "'csum':'01…', ->                | missing field `csum`",
        "'size':12 -> 'x':1              | missing field `size`",
        "'filename':'a.conf.blob', ->    | missing field `filename`",
        "'backup-type':'host', ->        | missing field `backup-type`",
        "'backup-id':'elsa', ->          | missing field `backup-id`",
        "'backup-time':1593179765, ->    | missing field `backup-time`",
        "'files' -> 'filez'              | missing field `files`",
        "'none' -> 'foo'                 | unknown variant `foo`, expected one of `none`, `encrypt`, `sign-only`",
        "'host' -> 'foo'                 | unknown variant `foo`, expected one of `vm`, `ct`, `host`",
        "'size':12 -> 'size':-1          | invalid value: integer `-1`, expected u64",
        "'size':12 -> 'size':1.5         | invalid type: floating point `1.5`, expected u64",
        "'size':12 -> 'size':'12'        | invalid type: string \"12\", expected u64",
        "'size':12 -> 'size':9223372036854775808 | invalid value: integer `9223372036854775808`, expected u64",
        "'elsa' -> true                  | invalid type: boolean `true`, expected a string",
        "'signature':null -> 'signature':[] | invalid type: sequence, expected a string",
        "'unprotected':{} -> 'unprotected':[] | invalid type: sequence, expected a map",
        "'files':[ -> 'files':[null,     | invalid type: null, expected struct FileInfo",
        "'elsa' -> '../elsa'             | invalid backup id '../elsa': expected letters, digits, '_', '.', '-', not starting with '.' or '-', at most 255",
        "1593179765 -> 0                 | invalid backup time 0: expected 1 … 253402300799",
        "a.conf.blob -> a.conf           | unknown archive type: \"a.conf\"",
      })
  void refusesWhatPbsRefusesInItsWords(String change, String text) {
    String[] sides = (change + " ").split(" ->", 2);
    String from = sides[0].replace("01…", "01".repeat(32));
    assertThat(ELSA).contains(from);
    refused(ELSA.replace(from, sides[1].strip()), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(nothing)",
        "{",
        "[]x",
        "{} {}",
        "{\"a\":1,}",
        "nul",
        "\"\\ud800\"",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":9e999999999999}", // found by scripts/fuzz
      })
  void refusesWhatIsNotOneJsonValue(String json) {
    byte[] bytes = json.replace("(nothing)", "").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Manifest.parse(bytes))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA);
              assertThat(e.text()).doesNotContain("StreamReadFeature");
            });
  }

  @Test
  void saysWhereJsonIsWrong() {
    assertThatThrownBy(
            () -> Manifest.parse("{\n  \"files\": x\n}".getBytes(StandardCharsets.UTF_8)))
        .hasMessageStartingWith("unable to parse backup manifest json - ")
        .hasMessageEndingWith("at line 2 column 13");
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    byte[] json = ELSA.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    json[15] = (byte) 0xff;
    assertThatThrownBy(() -> Manifest.parse(json))
        .hasMessage("unable to parse backup manifest json - found bytes that are not UTF-8");
    byte[] utf16 = ELSA.replace('\'', '"').getBytes(StandardCharsets.UTF_16BE);
    assertThatThrownBy(() -> Manifest.parse(utf16)).isInstanceOf(BackupException.class);
  }

  @Test
  void refusesManifestThatIsTooDeepOrTooLong() {
    refusedStarting(
        "[".repeat(200) + "]".repeat(200),
        "unable to parse backup manifest json - Document nesting");
    refusedStarting(
        " ".repeat((4 << 20) + 1),
        "unable to parse backup manifest json - found 4194305 bytes, expected at most 4194304");
  }

  @Test
  void refusesDamagedOrEncryptedBlob() throws IOException {
    byte[] blob = Golden.read("manifest/elsa.index.json.blob");
    blob[100] ^= 1;
    assertThatThrownBy(() -> Manifest.decodeBlob(blob))
        .isInstanceOf(BackupException.class)
        .hasMessage("decode backup manifest blob failed - Data blob has wrong CRC checksum.");
    byte[] encrypted = Golden.read("blob/hello-encrypted.bin");
    assertThatThrownBy(() -> Manifest.decodeBlob(encrypted))
        .isInstanceOf(BackupException.class)
        .hasMessageStartingWith("decode backup manifest blob failed - data blob is encrypted");
  }

  @Test
  void uploadedWithoutCompressionIsStoredCompressed() throws IOException {
    byte[] blob = Golden.read("manifest/elsa.index.json.blob");
    byte[] ours = Manifest.decodeBlob(blob).encodeBlob();
    assertThat(ours.length).isLessThan(blob.length);
    assertThat(DataBlob.decode(ours, ours.length, 1 << 20))
        .isEqualTo(Golden.read("manifest/elsa.json"));
  }

  @Property(tries = 500)
  void anyNotesComeBack(@ForAll String notes) {
    Manifest manifest = parse(ELSA);
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(notes)) {
      assertThatThrownBy(() -> manifest.withNotes(notes)).isInstanceOf(BackupException.class);
      return;
    }
    Manifest noted = manifest.withNotes(notes);
    assertThat(Manifest.parse(noted.json()).notes()).contains(notes);
    assertThat(noted.withUnprotected("notes", null)).isEqualTo(manifest);
  }

  private static Manifest parse(String json) {
    return Manifest.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(String json, String text) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.text()).isEqualTo(text);
              assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA);
            });
  }

  private static void refusedStarting(String json, String text) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOfSatisfying(BackupException.class, e -> assertThat(e.text()).startsWith(text));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
