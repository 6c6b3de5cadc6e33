package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: secrets are found where the real client finds them, and kept from everybody else. */
final class PasswordsTest {
  @TempDir Path directory = Path.of("");

  @Test
  void firstLineOfAFileIsTheSecret() throws IOException {
    Path file = Files.writeString(directory.resolve("secret"), "one two\r\nthree\n");
    assertThat(Variables.read("PBS_PASSWORD_FILE", file).reveal()).isEqualTo("one two");
  }

  @Test
  void emptyAndEndlessFilesAreRefused() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty"), "\nx\n");
    assertThatThrownBy(() -> Variables.read("PBS_PASSWORD_FILE", empty))
        .hasMessageContaining("is empty");
    Path endless = Files.writeString(directory.resolve("endless"), "x".repeat(5000));
    assertThatThrownBy(() -> Variables.read("PBS_PASSWORD_FILE", endless))
        .hasMessageContaining("longer than 4096");
  }

  @Test
  void commandIsSplitIntoWordsAndRunWithoutAShell() {
    assertThat(ShellWords.split("a 'b c'  \"d \\\"e\\\" $f\" g\\ h \"\" | i"))
        .containsExactly("a", "b c", "d \"e\" $f", "g h", "", "|", "i");
    assertThatThrownBy(() -> ShellWords.split("a 'b")).hasMessageContaining("not closed");
    assertThat(find(Map.of("PBS_PASSWORD_CMD", "printf '%s\n' 'one two' '; rest'")))
        .isEqualTo("one two");
    assertThatThrownBy(() -> find(Map.of("PBS_PASSWORD_CMD", "false")))
        .hasMessageContaining("'false' ($PBS_PASSWORD_CMD) ended with 1");
    assertThatThrownBy(() -> find(Map.of("PBS_PASSWORD_CMD", "true")))
        .hasMessageContaining("printed nothing");
  }

  @Test
  void variableComesBeforeFileBeforeCommandBeforeCredential() throws IOException {
    Map<String, String> environment = new HashMap<>();
    Files.writeString(directory.resolve("proxmox-backup-client.password"), "of the manager\n");
    environment.put("CREDENTIALS_DIRECTORY", directory.toString());
    assertThat(find(environment)).isEqualTo("of the manager");
    environment.put("PBS_PASSWORD_CMD", "echo of a command");
    assertThat(find(environment)).isEqualTo("of a command");
    Path file = Files.writeString(directory.resolve("file"), "of a file\n");
    environment.put("PBS_PASSWORD_FILE", file.toString());
    assertThat(find(environment)).isEqualTo("of a file");
    environment.put("PBS_PASSWORD", "itself");
    assertThat(find(environment)).isEqualTo("itself");
  }

  private static String find(Map<String, String> environment) {
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            System.out,
            System.err,
            environment,
            false,
            new Interruption(false));
    return Passwords.fromEnvironment(terminal).orElseThrow().reveal();
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
