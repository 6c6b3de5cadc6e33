package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: whoever mistypes, or whose node is down, learns in two lines what is wrong and what to
 * do, and scripts can tell the cases apart. All of it without a node.
 */
final class MainTest {
  private static final String PIN =
      "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";

  @TempDir Path directory = Path.of("");

  @Test
  void everyCommandIsInTheHelpAndHasOne() {
    String help = CommandLineRun.of("--help").out();
    for (String name : Commands.NAMES) {
      assertThat(help).contains("\n  " + name + " ");
      CommandLineRun own = CommandLineRun.of(name, "--help");
      assertThat(own.code()).isZero();
      assertThat(own.out()).startsWith("Usage: holdfast " + name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bogus",
        "user",
        "user bogus",
        "user create",
        "user create not-an-id --state x",
        "acl update /datastore/main DatastoreReader --state x",
        "backup",
        "backup root.tar:/",
        "backup a.pxar:/ a.pxar:/ --repository main",
        "backup a.conf:/ --repository main",
        "backup a.img:- --repository main",
        "backup a.pxar:- --repository main",
        "backup a.sql:- b.sql:- --repository main",
        "backup a.pxar:/ --stdin-from-command true --repository main",
        "backup a.pxar:/ --burst 1M --repository main",
        "backup a.pxar:/ --rate 1 --repository main",
        "backup a.pxar:/ --all-file-systems --include-dev / --repository main",
        "backup a.pxar:/proc --exclude [ab --repository main",
        "restore host/a",
        "restore host root.pxar /tmp/x",
        "snapshot forget host/a",
        "snapshot list --ns ../x",
        "snapshot list --output xml",
        "snapshot list --repository a:b:c:d",
        "snapshot list --fingerprint 00:11",
        "snapshot list --state x --repository host:main",
        "snapshot list",
        "namespace create --state x",
        "tree /etc/passwd",
        "--nonsense",
      })
  void nonsenseIsAUsageErrorWithoutAStack(String line) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.err()).startsWith("error: ").doesNotContain("\tat ", "Exception");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE.number());
    assertThat(run.out()).isEmpty();
  }

  @Test
  void unreadableVariablesAreUsageErrorsThatNameThem() {
    CommandLineRun repository =
        CommandLineRun.with(Map.of("PBS_REPOSITORY", "a b"), "snapshot", "list");
    assertThat(repository.code()).isEqualTo(2);
    assertThat(repository.err()).startsWith("error: $PBS_REPOSITORY: ");
    CommandLineRun pin =
        CommandLineRun.with(
            Map.of("PBS_REPOSITORY", "main", "PBS_PASSWORD", "x", "PBS_FINGERPRINT", "12"),
            "snapshot",
            "list");
    assertThat(pin.code()).isEqualTo(2);
    assertThat(pin.err()).startsWith("error: $PBS_FINGERPRINT: ");
  }

  @Test
  void stateDirectoryWithoutANodeSaysHowToStartIt() {
    CommandLineRun run = CommandLineRun.of("snapshot", "list", "--state", directory.toString());
    assertThat(run.code()).isEqualTo(ExitCode.UNREACHABLE.number());
    assertThat(run.err())
        .isEqualTo(
            "error: no node is running on state directory '"
                + directory
                + "'\nStart it with `holdfast node --state "
                + directory
                + "`.\n");
  }

  @Test
  void addressThatAKilledNodeLeftBehindSaysTheSame() throws IOException {
    Path state = directory.resolve("state");
    assertThat(CommandLineRun.of("cert", "info", "--state", state.toString()).code()).isZero();
    Files.writeString(state.resolve("listen-address"), "127.0.0.1:" + closedPort() + "\n");
    Files.writeString(state.resolve("local-secret"), "0123456789abcdef\n");
    CommandLineRun run = CommandLineRun.of("datastore", "list", "--state", state.toString());
    assertThat(run.code()).isEqualTo(ExitCode.UNREACHABLE.number());
    assertThat(run.err())
        .startsWith("error: no node is running on state directory '" + state + "' (cannot reach")
        .contains("Connection refused")
        .doesNotContain("0123456789abcdef");
  }

  @Test
  void nodeThatDoesNotAnswerIsUnreachable() throws IOException {
    int port = closedPort();
    CommandLineRun run =
        CommandLineRun.with(
            Map.of("PBS_PASSWORD", "geheim", "PBS_FINGERPRINT", PIN),
            "snapshot",
            "list",
            "--repository",
            "u@pbs!t@127.0.0.1:" + port + ":main");
    assertThat(run.code()).isEqualTo(ExitCode.UNREACHABLE.number());
    assertThat(run.err())
        .startsWith("error: cannot reach 127.0.0.1:" + port + ": ")
        .contains("Connection refused")
        .doesNotContain("geheim");
  }

  @Test
  void missingPasswordSaysWhereToPutIt() {
    CommandLineRun run =
        CommandLineRun.of("snapshot", "list", "--repository", "u@pbs@127.0.0.1:1:main");
    assertThat(run.code()).isEqualTo(ExitCode.DENIED.number());
    assertThat(run.err())
        .isEqualTo(
            "error: no password for 'u@pbs'\n"
                + "Set PBS_PASSWORD_FILE to a file that holds it, or PBS_PASSWORD.\n");
  }

  @Test
  void passwordFileThatIsMissingIsNamed() {
    Path missing = directory.resolve("secret");
    CommandLineRun run =
        CommandLineRun.with(
            Map.of("PBS_PASSWORD_FILE", missing.toString()),
            "snapshot",
            "list",
            "--repository",
            "u@pbs@127.0.0.1:1:main");
    assertThat(run.code()).isEqualTo(ExitCode.DENIED.number());
    assertThat(run.err()).contains("'" + missing + "' (PBS_PASSWORD_FILE)");
  }

  @Test
  void sourceThatIsMissingIsNotFoundBeforeAnybodyIsCalled() {
    CommandLineRun run =
        CommandLineRun.of(
            "backup", "a.pxar:" + directory.resolve("missing"), "--repository", "main");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_FOUND.number());
    assertThat(run.err()).contains("missing' does not exist");
  }

  @Test
  void certificateIsMadeOnceAndShownWithoutANode() throws IOException {
    String state = directory.resolve("state").toString();
    CommandLineRun first = CommandLineRun.of("cert", "info", "--state", state, "--output", "json");
    assertThat(first.code()).isZero();
    assertThat(first.out()).containsPattern("\"fingerprint\" : \"([0-9a-f]{2}:){31}[0-9a-f]{2}\"");
    CommandLineRun again = CommandLineRun.of("cert", "info", "--state", state, "--output", "json");
    assertThat(again.out()).isEqualTo(first.out());
  }

  @Test
  void treeListsWhatABackupBringsBack() throws IOException {
    Files.writeString(directory.resolve("a"), "x");
    CommandLineRun run = CommandLineRun.of("tree", directory.toString());
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).hasSize(2).last().asString().contains("\"path\":\"a\"");
  }

  @Test
  void debugShowsWhereAnErrorCameFrom() {
    CommandLineRun run =
        CommandLineRun.of("snapshot", "list", "--debug", "--state", directory.toString());
    assertThat(run.err()).contains("\tat dev.holdfast.node.cli.");
  }

  @Test
  void versionIsOneLine() {
    assertThat(CommandLineRun.of("version").out().lines())
        .hasSize(1)
        .allMatch(line -> line.startsWith("holdfast "));
  }

  /** A port that was free a moment ago. */
  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
