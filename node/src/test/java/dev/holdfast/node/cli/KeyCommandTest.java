package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.ChecksumException;
import com.google.zxing.FormatException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.decoder.Decoder;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a key that a command overwrites, or writes so that nobody opens it again, is all its
 * backups lost.
 */
final class KeyCommandTest {
  @TempDir private Path directory = Path.of("");
  private final Map<String, String> environment = new HashMap<>();
  private Path passphrase = Path.of("");

  @BeforeEach
  void prepare() throws IOException {
    environment.put("HOME", directory.toString());
    passphrase = Files.writeString(directory.resolve("passphrase"), "new passphrase\n");
  }

  private CommandLineRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("key"));
    all.addAll(Arrays.asList(arguments));
    return CommandLineRun.with(environment, all.toArray(String[]::new));
  }

  private String mustWork(String... arguments) {
    CommandLineRun run = run(arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return run.out();
  }

  private void refused(ExitCode code, String words, String... arguments) {
    CommandLineRun run = run(arguments);
    assertThat(run.err()).contains("error: ", words).doesNotContain("\tat ");
    assertThat(run.code()).as(run.err()).isEqualTo(code.number());
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private String recorded(String name) {
    return Vectors.file("pbs-3.2.4/" + name).toString();
  }

  private static EncryptionKey open(Path file, String passphrase) throws IOException {
    return KeyFileJson.parse(Files.readAllBytes(file)).open(() -> new Secret(passphrase));
  }

  @Test
  void newKeyIsTheUsersOwnAndForItsOwnerAlone() throws IOException {
    String made = mustWork("create", "--kdf", "none");
    Path path = file(".config/proxmox-backup/encryption-key.json");
    EncryptionKey key = open(path, "");
    assertThat(made).contains("created key " + key.fingerprint().brief(), path.toString());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    assertThat(mustWork("show")).contains("kdf:         none", key.fingerprint().toString());
    assertThat(mustWork("show", "--output", "json"))
        .contains("\"kdf\" : \"none\"", "\"fingerprint\" : \"" + key.fingerprint());
    byte[] before = Files.readAllBytes(path);
    refused(ExitCode.FAILED, "is there already", "create", "--kdf", "none");
    assertThat(path).hasBinaryContent(before);
  }

  @Test
  void wrappedKeyOpensWithItsPassphraseOnly() throws IOException {
    String path = file("key.json").toString();
    mustWork("create", path, "--hint", "a hint", "--new-passphrase-file", passphrase.toString());
    assertThat(mustWork("show", path)).contains("kdf:         scrypt", "hint:        a hint");
    EncryptionKey key = open(file("key.json"), "new passphrase");

    refused(ExitCode.DENIED, "no tty", "change-passphrase", path, "--kdf", "none");
    environment.put("PBS_ENCRYPTION_PASSWORD", "wrong");
    refused(
        ExitCode.DENIED,
        "key '" + path + "': Unable to decrypt key (password hint: a hint)",
        "change-passphrase",
        path,
        "--kdf",
        "none");
    environment.put("PBS_ENCRYPTION_PASSWORD", "new passphrase");
    mustWork("change-passphrase", path, "--kdf", "none");
    assertThat(open(file("key.json"), "")).isEqualTo(key);
    Path other = Files.writeString(file("other"), "another one");
    mustWork(
        "change-passphrase", path, "--kdf", "pbkdf2", "--new-passphrase-file", other.toString());
    assertThat(open(file("key.json"), "another one")).isEqualTo(key);
    assertThat(mustWork("show", path)).contains("kdf:         pbkdf2").doesNotContain("hint");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("key.json"))))
        .isEqualTo("rw-------");
  }

  @Test
  void newPassphraseIsAskedForOrNamedAndLongEnough() throws IOException {
    String path = file("key.json").toString();
    refused(ExitCode.DENIED, "unable to read passphrase - no tty", "create", path);
    Path brief = Files.writeString(file("brief"), "1234\n");
    refused(
        ExitCode.FAILED,
        "Password too short!",
        "create",
        path,
        "--new-passphrase-file",
        brief.toString());
    refused(ExitCode.USAGE, "hint not allowed", "create", path, "--kdf", "none", "--hint", "x");
    assertThat(file("key.json")).doesNotExist();
  }

  @Test
  void masterKeyBringsALostKeyBack() throws IOException {
    String made =
        mustWork(
            "create-master-key",
            "--directory",
            directory.toString(),
            "--new-passphrase-file",
            passphrase.toString());
    assertThat(made).contains("master-public.pem", "master-private.pem");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(file("master-private.pem"))))
        .isEqualTo("rw-------");
    refused(
        ExitCode.FAILED,
        "is there already",
        "create-master-key",
        "--directory",
        directory.toString(),
        "--new-passphrase-file",
        passphrase.toString());
    mustWork("import-master-pubkey", file("master-public.pem").toString());
    assertThat(file(".config/proxmox-backup/master-public.pem"))
        .hasSameBinaryContentAs(file("master-public.pem"));
    assertThat(mustWork("show-master-pubkey")).contains("exponent: 65537", "length:   4096");
    refused(ExitCode.FAILED, "found no PEM frame", "import-master-key", recorded("key-none.json"));
  }

  @Test
  void wrappedKeyOfARealClientIsImported() throws IOException {
    String path = file("back.json").toString();
    Path secret = Files.writeString(file("master"), "master-pw");
    List<String> command =
        List.of(
            "import-with-master-key",
            path,
            "--kdf",
            "none",
            "--master-keyfile",
            recorded("master-private.pem"),
            "--encrypted-keyfile",
            recorded("rsa-encrypted.key.bin"),
            "--master-passphrase-file",
            secret.toString());
    mustWork(command.toArray(String[]::new));
    EncryptionKey key = TestKeys.recorded("key-none.json");
    assertThat(open(file("back.json"), "")).isEqualTo(key);
    // The same key again is no loss, another one would be.
    mustWork(command.toArray(String[]::new));
    Files.copy(Path.of(recorded("key-scrypt.json")), file("taken.json"));
    List<String> taken = new ArrayList<>(command);
    taken.set(1, file("taken.json").toString());
    refused(ExitCode.FAILED, "is there already", taken.toArray(String[]::new));
    Files.writeString(secret, "wrong");
    refused(
        ExitCode.DENIED,
        "the passphrase does not open this private key",
        command.toArray(String[]::new));
  }

  @Test
  void paperKeyIsReadAgainFromTextAndFromItsCode() throws IOException {
    String key = recorded("key-scrypt.json");
    String html = mustWork("paperkey", key, "--subject", "<web1> & co");
    assertThat(html).contains("<p>Subject: &lt;web1&gt; &amp; co</p>", "<svg ", "\"Scrypt\": {");
    String text = mustWork("paperkey", key, "--subject", "web1", "--output-format", "text");
    assertThat(text)
        .startsWith("Subject: web1\n\n-----BEGIN PROXMOX BACKUP KEY-----\n{\n  \"kdf\": {\n")
        .contains("}\n-----END PROXMOX BACKUP KEY-----\n\n");

    Path typed = Files.writeString(file("typed.txt"), text);
    environment.put("PBS_ENCRYPTION_PASSWORD", "correct horse");
    mustWork("change-passphrase", typed.toString(), "--kdf", "none");
    assertThat(open(typed, "")).isEqualTo(TestKeys.recorded("key-scrypt.json"));

    String end = "-----END PROXMOX BACKUP KEY-----";
    String framed = text.substring(text.indexOf("-----BEGIN"), text.indexOf(end) + end.length());
    assertThat(scanned(QrCode.of(framed))).isEqualTo(framed);
    KeyFile again = KeyFileJson.parse(PaperKey.unframed(framed.getBytes(StandardCharsets.UTF_8)));
    assertThat(again).isEqualTo(TestKeys.recordedFile("key-scrypt.json"));
  }

  private static String scanned(QrCode code) {
    BitMatrix bits = new BitMatrix(code.width());
    for (int row = 0; row < code.width(); row++) {
      for (int column = 0; column < code.width(); column++) {
        if (code.black(column, row)) {
          bits.set(column, row);
        }
      }
    }
    try {
      return new Decoder().decode(bits).getText();
    } catch (ChecksumException | FormatException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void missingKeyFileIsNamed() {
    refused(ExitCode.NOT_FOUND, "encryption-key.json' is not there", "show");
    refused(ExitCode.NOT_FOUND, "absent.json", "show", file("absent.json").toString());
    environment.clear();
    refused(ExitCode.USAGE, "there is no home to look in", "show");
  }
}
