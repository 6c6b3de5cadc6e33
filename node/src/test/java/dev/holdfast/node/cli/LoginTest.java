package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what a script or a user has set up for proxmox-backup-client works here, and back: the
 * parts of a repository, accepted certificates, and the tickets of a login.
 */
final class LoginTest {
  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @TempDir Path home = Path.of("");
  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** A user with a home, and nothing set up yet. */
  @BeforeEach
  void user() throws IOException {
    Path runtime = Files.createDirectory(home.resolve("run"));
    Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwx------"));
    environment.put("HOME", home.toString());
    environment.put("XDG_RUNTIME_DIR", runtime.toString());
    environment.put("PBS_REPOSITORY", "web1@pbs@" + node.node().address() + ":main");
    Path known = home.resolve(".config/proxmox-backup/fingerprints");
    Files.createDirectories(known.getParent());
    Files.writeString(known, "other 00:11\n127.0.0.1 " + node.node().fingerprint() + "\n");
  }

  private CommandLineRun run(String line) {
    return CommandLineRun.with(environment, line.split(" "));
  }

  @Test
  void ticketOfALoginStandsForThePasswordUntilTheLogout() throws IOException {
    assertThat(run("snapshot list").err()).contains("no password for 'web1@pbs'");
    environment.put("PBS_PASSWORD", CommandNode.PASSWORD);
    assertThat(run("login").code()).isZero();
    environment.remove("PBS_PASSWORD");
    Path tickets = home.resolve("run/proxmox-backup/tickets");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(tickets)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(tickets))
        .containsPattern(
            "^\\{\"127.0.0.1\":\\{\"web1@pbs\":\\{\"timestamp\":\\d+,\"ticket\":\"PBS:web1@pbs:");
    assertThat(run("snapshot list").code()).isZero();
    assertThat(run("logout").code()).isZero();
    assertThat(run("snapshot list").code()).isEqualTo(ExitCode.DENIED.number());
    assertThat(run("logout").err()).contains("there was no ticket of web1@pbs");
  }

  @Test
  void ticketThatNoLongerCountsIsForgotten() throws IOException {
    Path tickets = home.resolve("run/proxmox-backup/tickets");
    Files.createDirectory(tickets.getParent());
    String ticket =
        "{\"127.0.0.1\":{\"web1@pbs\":{\"timestamp\":%d,\"ticket\":\"PBS:web1@pbs:00000000::x\","
            + "\"token\":\"00000000:x\"}}}";
    long now = Instant.now().getEpochSecond();
    Files.writeString(tickets, String.format(Locale.ROOT, ticket, now));
    CommandLineRun refused = run("snapshot list");
    assertThat(refused.code()).isEqualTo(ExitCode.DENIED.number());
    assertThat(refused.err()).contains("log in again");
    assertThat(Files.readString(tickets)).doesNotContain("PBS:");
    Files.writeString(tickets, String.format(Locale.ROOT, ticket, now - 7141));
    assertThat(run("snapshot list").err()).contains("no password for 'web1@pbs'");
  }

  @Test
  void nothingIsKeptWhereOthersMayLook() throws IOException {
    Files.setPosixFilePermissions(
        home.resolve("run"), PosixFilePermissions.fromString("rwxr-xr-x"));
    environment.put("PBS_PASSWORD", CommandNode.PASSWORD);
    assertThat(run("snapshot list").code()).isZero();
    assertThat(home.resolve("run")).isEmptyDirectory();
    CommandLineRun login = run("login");
    assertThat(login.code()).isEqualTo(ExitCode.USAGE.number());
    assertThat(login.err()).contains("XDG_RUNTIME_DIR");
  }

  @Test
  void repositoryMayBeGivenInParts() {
    environment.remove("PBS_REPOSITORY");
    environment.put("PBS_PASSWORD", CommandNode.PASSWORD);
    environment.put("PBS_SERVER", "127.0.0.1");
    environment.put("PBS_PORT", Integer.toString(node.node().address().port()));
    environment.put("PBS_DATASTORE", "elsewhere");
    environment.put("PBS_AUTH_ID", "web1@pbs");
    assertThat(run("snapshot list").err()).contains("elsewhere");
    assertThat(run("snapshot list --datastore main").code()).isZero();
    assertThat(run("snapshot list --datastore main --auth-id nobody@pbs").code())
        .isEqualTo(ExitCode.DENIED.number());
    CommandLineRun both = run("snapshot list --datastore main --repository main");
    assertThat(both.code()).isEqualTo(ExitCode.USAGE.number());
    environment.put("PBS_PORT", "x");
    assertThat(run("snapshot list").err()).startsWith("error: $PBS_PORT: 'x' is no port");
  }
}
