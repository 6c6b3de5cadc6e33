package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: secrets are found where the real client finds them, and kept from everybody else. */
final class PasswordsTest {
  @TempDir Path directory = Path.of("");

  @Test
  void firstLineOfAFileIsTheSecret() throws IOException {
    Path file = Files.writeString(directory.resolve("secret"), "one two\r\nthree\n");
    assertThat(Passwords.read("PBS_PASSWORD_FILE", file).reveal()).isEqualTo("one two");
  }

  @Test
  void emptyAndEndlessFilesAreRefused() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty"), "\nx\n");
    assertThatThrownBy(() -> Passwords.read("PBS_PASSWORD_FILE", empty))
        .hasMessageContaining("is empty");
    Path endless = Files.writeString(directory.resolve("endless"), "x".repeat(5000));
    assertThatThrownBy(() -> Passwords.read("PBS_PASSWORD_FILE", endless))
        .hasMessageContaining("longer than 4096");
  }

  @Test
  void writtenSecretIsForItsOwnerAlone() throws IOException {
    Path target = Files.writeString(directory.resolve("secret"), "old");
    try (SecretFile file = SecretFile.prepare(target)) {
      file.write("new");
    }
    assertThat(target).hasContent("new\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
        .isEqualTo("rw-------");
  }

  @Test
  void withoutASecretTheOldFileStaysAndNothingElse() throws IOException {
    Path target = Files.writeString(directory.resolve("secret"), "old");
    try (SecretFile file = SecretFile.prepare(target)) {
      assertThat(file).isNotNull();
    }
    assertThat(target).hasContent("old");
    assertThat(directory.toFile().list()).containsExactly("secret");
  }
}
