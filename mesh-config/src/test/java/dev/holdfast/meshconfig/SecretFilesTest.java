package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: a token's secret that others may read is found before it is used. */
class SecretFilesTest {
  private final Path dir;
  private final Path yaml;

  SecretFilesTest(@TempDir Path dir) throws IOException {
    this.dir = dir;
    yaml = dir.resolve("mesh.yaml");
    Files.writeString(yaml, ConfigResources.example("three-sites-lyon"));
    secret("paris.token", "one\n", "rw-------");
    secret("central.token", "two", "r--------");
    secret("mesh.secret", "three", "rw-------");
  }

  private void secret(String name, String text, String modes) throws IOException {
    Path file = dir.resolve(name);
    Files.deleteIfExists(file);
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(modes));
  }

  @Test
  void filesForTheOwnerAloneAreFine() {
    MeshConfig config = MeshConfigReader.read(yaml);
    assertThat(SecretFiles.check(config)).isEmpty();
    SecretFiles.require(config);
    assertThat(SecretFiles.read(dir.resolve("paris.token")).reveal()).isEqualTo("one");
  }

  @Test
  void everyBadFileIsNamedWithItsLine() throws IOException {
    Files.delete(dir.resolve("paris.token"));
    secret("central.token", "two", "rw-r-----");
    secret("mesh.secret", " \n", "rw-------");
    MeshConfig config = MeshConfigReader.read(yaml);
    assertThat(SecretFiles.check(config).stream().map(Problem::toString))
        .satisfiesExactly(
            p ->
                assertThat(p)
                    .startsWith(yaml + ":16:18: peers.paris.secret-file: found '")
                    .contains("paris.token', which does not exist, expected a file."),
            p ->
                assertThat(p)
                    .startsWith(yaml + ":23:18: peers.central.secret-file: ")
                    .contains("others may read or write")
                    .contains("chmod 600"),
            p -> assertThat(p).contains("mesh.secret-file: ").contains("is empty"));
    assertThatThrownBy(() -> SecretFiles.require(config))
        .isInstanceOf(BackupException.class)
        .message()
        .hasLineCount(3);
  }

  @Test
  void longFilesAndDirectoriesAreNoSecrets() throws IOException {
    secret("paris.token", "x".repeat(5000), "rw-------");
    Files.delete(dir.resolve("central.token"));
    Files.createDirectory(dir.resolve("central.token"));
    assertThat(SecretFiles.check(MeshConfigReader.read(yaml)).toString())
        .contains("larger than 4096 bytes")
        .contains("is not a file");
  }

  @Test
  void aMissingOrUnreadableConfigurationIsOneError() throws IOException {
    assertThatThrownBy(() -> MeshConfigReader.read(dir.resolve("none.yaml")))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> assertThat(e.kind()).isEqualTo(BackupException.Kind.NOT_FOUND));
    assertThatThrownBy(() -> MeshConfigReader.read(dir)).isInstanceOf(BackupException.class);
    Files.write(yaml, new byte[] {'s', 'i', 't', 'e', ':', '\n', ' ', (byte) 0xff});
    assertThatThrownBy(() -> MeshConfigReader.read(yaml))
        .hasMessage(yaml + ":2:2: found the byte 0xff, expected text in UTF-8");
  }
}
