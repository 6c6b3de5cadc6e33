package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.Kdf;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.crypto.MasterPrivateKey;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.pxar.TreeListing;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: nothing of an encrypted backup may reach the node in the clear, and all of it must come
 * back with the key, and with nothing else. Typed as a user types it, against a running node.
 */
final class EncryptedBackupTest {
  private static final long SEED = 20_261_125L;
  private static final OffsetDateTime CREATED = OffsetDateTime.parse("2026-11-22T04:01:30Z");
  private static final String MARK = "a secret that nobody may see";

  @TempDir private static Path shared = Path.of("");
  private static Path key = Path.of("");
  private static Path otherKey = Path.of("");
  private static String keyBrief = "";
  private static String otherBrief = "";

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @TempDir private Path directory = Path.of("");
  private final Map<String, String> environment = new HashMap<>();
  private String id = "";
  private static int groups;

  @BeforeAll
  static void start() throws IOException {
    node = new CommandNode(shared);
    EncryptionKey one = EncryptionKey.generate(new SecureRandom());
    EncryptionKey other = EncryptionKey.generate(new SecureRandom());
    key = write("key.json", KeyFile.plain(one, CREATED, CREATED));
    otherKey = write("other.json", KeyFile.plain(other, CREATED, CREATED));
    keyBrief = one.fingerprint().brief();
    otherBrief = other.fingerprint().brief();
  }

  private static Path write(String name, KeyFile file) throws IOException {
    return Files.write(shared.resolve(name), KeyFileJson.print(file));
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void prepare() {
    environment.putAll(node.environment());
    environment.put("HOME", directory.toString());
    id = "enc" + ++groups;
  }

  private CommandLineRun run(String... arguments) {
    return CommandLineRun.with(environment, arguments);
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

  private String backup(String... options) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "backup",
                "data.pxar:" + data(),
                "disk.img:" + directory.resolve("disk"),
                "etc.conf:" + directory.resolve("etc.conf"),
                "--backup-id",
                id));
    all.addAll(Arrays.asList(options));
    return mustWork(all.toArray(String[]::new));
  }

  private Path data() throws IOException {
    Path data = directory.resolve("data");
    if (!Files.exists(data)) {
      Files.createDirectories(data.resolve("sub"));
      byte[] content = new byte[5 << 20];
      new Random(SEED).nextBytes(content);
      Files.write(data.resolve("large"), content);
      Files.writeString(data.resolve("sub/small"), MARK);
      Files.write(directory.resolve("disk"), new byte[5 << 20]);
      Files.writeString(directory.resolve("etc.conf"), MARK);
    }
    return data;
  }

  private void comesBack(String... options) throws IOException {
    Path target = Files.createTempDirectory(directory, "back");
    List<String> all = Arrays.asList(options);
    for (String name : List.of("data.pxar", "disk.img", "etc.conf")) {
      List<String> command =
          new ArrayList<>(List.of("restore", "host/" + id, name, target.resolve(name).toString()));
      command.addAll(all);
      mustWork(command.toArray(String[]::new));
    }
    assertThat(listing(target.resolve("data.pxar"))).isEqualTo(listing(data()));
    assertThat(target.resolve("disk.img")).hasSameBinaryContentAs(directory.resolve("disk"));
    assertThat(target.resolve("etc.conf")).hasContent(MARK);
  }

  private static String listing(Path root) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(root, lines);
    return lines.toString(StandardCharsets.UTF_8);
  }

  @Test
  void encryptedBackupComesBackWithItsKeyOnly() throws IOException {
    String done = backup("--keyfile", key.toString());
    assertThat(done).contains("encrypt with key " + keyBrief);
    assertThat(mustWork("snapshot", "files", "host/" + id))
        .contains("data.pxar.didx", "encrypt")
        .doesNotContain("none", "rsa-encrypted.key");
    comesBack("--keyfile", key.toString());
    refused(
        ExitCode.DENIED,
        "was created with key " + keyBrief,
        "restore",
        "host/" + id,
        "etc.conf",
        "-");
    refused(
        ExitCode.DENIED,
        "was created with key " + keyBrief + ", the given one is " + otherBrief,
        "restore",
        "host/" + id,
        "etc.conf",
        "-",
        "--keyfile",
        otherKey.toString());
    refused(
        ExitCode.DENIED,
        "is encrypted",
        "restore",
        "host/" + id,
        "data.pxar",
        "-",
        "--ignore-signature");
    refused(
        ExitCode.NOT_FOUND,
        "unable to read '" + directory.resolve("absent") + "'",
        "restore",
        "host/" + id,
        "etc.conf",
        "-",
        "--keyfile",
        directory.resolve("absent").toString());
  }

  @Test
  void signedBackupIsPlainAndNeedsItsKeyUnlessToldOtherwise() throws IOException {
    String done = backup("--keyfile", key.toString(), "--crypt-mode", "sign-only");
    assertThat(done).contains("sign-only with key " + keyBrief);
    comesBack("--keyfile", key.toString());
    refused(ExitCode.DENIED, "missing key", "restore", "host/" + id, "etc.conf", "-");
    assertThat(mustWork("restore", "host/" + id, "etc.conf", "-", "--ignore-signature"))
        .isEqualTo(MARK);
    String keyFile = key.toString();
    assertThat(mustWork("restore", "host/" + id, "index.json", "-", "--keyfile", keyFile))
        .contains("\"signature\": \"", "\"key-fingerprint\": \"" + keyBrief);
    refused(
        ExitCode.DENIED,
        "missing key",
        "restore",
        "host/" + id,
        "etc.conf",
        "-",
        "--keyfile",
        keyFile,
        "--crypt-mode",
        "none");
  }

  @Test
  void lastBackupIsReusedOnlyUnderTheSameKeyAndMode() throws IOException {
    backup("--keyfile", key.toString());
    assertThat(backup("--keyfile", key.toString()))
        .contains("uploaded 0 B in 0 new chunks", "(100.0 %)");
    CommandLineRun other =
        run("backup", "data.pxar:" + data(), "--backup-id", id, "--keyfile", otherKey.toString());
    assertThat(other.err()).contains("no reuse: manifest of the last backup: wrong key");
    assertThat(other.out()).contains("reused 0 B");
    assertThat(backup()).contains("reused ").doesNotContain("(100.0 %)");
    assertThat(backup("--keyfile", key.toString(), "--crypt-mode", "sign-only"))
        .contains("uploaded 0 B in 0 new chunks");
    CommandLineRun encrypted =
        run("backup", "data.pxar:" + data(), "--backup-id", id, "--keyfile", key.toString());
    assertThat(encrypted.err())
        .contains("data.pxar.didx of the last backup has crypt mode sign-only, this one encrypt");
  }

  @Test
  void keysOfTheConfigurationDirectoryAreUsedUnasked() throws IOException {
    Path configuration = Files.createDirectories(directory.resolve(".config/proxmox-backup"));
    Files.copy(key, configuration.resolve("encryption-key.json"));
    Files.copy(
        Vectors.file("pbs-3.2.4/master-public.pem"), configuration.resolve("master-public.pem"));
    assertThat(backup()).contains("encrypt with key " + keyBrief, "master-public.pem");
    comesBack();
    assertThat(mustWork("snapshot", "files", "host/" + id)).contains("rsa-encrypted.key.blob");

    // The wrapped key is for who has lost the key: no key is needed to get it.
    Files.delete(configuration.resolve("encryption-key.json"));
    Path wrapped = directory.resolve("wrapped");
    mustWork("restore", "host/" + id, "rsa-encrypted.key", wrapped.toString());
    MasterPrivateKey master =
        MasterPrivateKey.parse(
            Files.readAllBytes(Vectors.file("pbs-3.2.4/master-private.pem")),
            () -> new Secret("master-pw"));
    KeyFile file = master.unwrap(Files.readAllBytes(wrapped));
    assertThat(file.created()).isEqualTo(CREATED);
    Path again = Files.write(directory.resolve("again.json"), KeyFileJson.print(file));
    comesBack("--keyfile", again.toString());

    environment.put("XDG_CONFIG_HOME", directory.resolve("nothing").toString());
    refused(ExitCode.DENIED, "missing key", "restore", "host/" + id, "etc.conf", "-");
  }

  @Test
  void passphraseComesFromTheEnvironment() throws IOException {
    SecureRandom random = new SecureRandom();
    KeyFile file =
        KeyFile.wrapped(
            EncryptionKey.generate(random),
            (Kdf.Wrapping) Kdf.create(Kdf.Kind.SCRYPT, random),
            new Secret("correct horse"),
            "a horse",
            CREATED,
            CREATED,
            random);
    String wrapped = write("wrapped.json", file).toString();
    environment.put("PBS_ENCRYPTION_PASSWORD", "correct horse");
    backup("--keyfile", wrapped);
    comesBack("--keyfile", wrapped);
    environment.put("PBS_ENCRYPTION_PASSWORD", "wrong horse");
    refused(
        ExitCode.DENIED,
        "Unable to decrypt key (password hint: a horse)",
        "restore",
        "host/" + id,
        "etc.conf",
        "-",
        "--keyfile",
        wrapped);
    environment.remove("PBS_ENCRYPTION_PASSWORD");
    Path secret = Files.writeString(directory.resolve("passphrase"), "correct horse\nmore\n");
    environment.put("PBS_ENCRYPTION_PASSWORD_FILE", secret.toString());
    comesBack("--keyfile", wrapped);
    environment.remove("PBS_ENCRYPTION_PASSWORD_FILE");
    refused(
        ExitCode.DENIED,
        "unable to read passphrase - no tty",
        "restore",
        "host/" + id,
        "etc.conf",
        "-",
        "--keyfile",
        wrapped);
  }

  @ParameterizedTest
  @ValueSource(strings = {"key-none.json", "key-scrypt.json", "key-pbkdf2.json"})
  void everyKeyFileOfARealClientBringsBackupsBack(String name) throws IOException {
    String recorded = Vectors.file("pbs-3.2.4/" + name).toString();
    environment.put("PBS_ENCRYPTION_PASSWORD", "correct horse");
    backup("--keyfile", recorded);
    comesBack("--keyfile", recorded);
  }

  @Test
  void plainSnapshotNeedsNoKeyEvenIfThereIsOne() throws IOException {
    backup();
    Path configuration = Files.createDirectories(directory.resolve(".config/proxmox-backup"));
    Files.writeString(configuration.resolve("encryption-key.json"), "broken");
    comesBack();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--crypt-mode encrypt",
        "--crypt-mode sign-only",
        "--crypt-mode none --keyfile KEY",
        "--crypt-mode none --master-pubkey-file KEY",
        "--master-pubkey-file KEY",
        "--keyfile KEY --keyfd 7",
        "--keyfile KEY --master-pubkey-file KEY --master-pubkey-fd 7",
        "--crypt-mode some"
      })
  void halfAWishIsRefused(String options) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("backup", "data.pxar:" + data(), "--backup-id", id));
    command.addAll(Arrays.asList(options.replace("KEY", key.toString()).split(" ")));
    CommandLineRun run = run(command.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE.number());
  }

  @Test
  void nothingOfAnEncryptedBackupIsInTheStoreInTheClear() throws IOException {
    backup("--keyfile", key.toString());
    mustWork(
        "snapshot",
        "upload-log",
        newest(),
        directory.resolve("etc.conf").toString(),
        "--keyfile",
        key.toString());
    try (var files = Files.walk(shared.resolve("store/host/" + id))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(MARK);
      }
    }
  }

  private String newest() {
    return mustWork("snapshot", "list", "host/" + id)
        .lines()
        .filter(line -> line.contains("host/" + id))
        .map(line -> line.replaceAll(".*(host/[^ ]*Z).*", "$1"))
        .reduce((a, b) -> b)
        .orElseThrow();
  }
}
