package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.pxar.TreeListing;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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

/**
 * At stake: the way of a backup and back, typed as a user types it, against a node that really
 * runs; and that each refusal is the right one. Users, rights and namespaces are made by the
 * commands too.
 */
final class CommandsAtANodeTest {
  private static final long SEED = 20_250_607L;

  // One node for all tests, since a datastore begins with 65,536 directories; a namespace for each.
  @TempDir private static Path shared = Path.of("");
  private static Path state = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static Node node;

  private static int namespaces;

  @TempDir Path directory = Path.of("");
  private final Map<String, String> environment = new HashMap<>();
  private String repository = "";
  private String namespace = "";

  @BeforeAll
  static void start() {
    state = shared.resolve("state");
    node = Node.start(new NodeOptions(state, null, new HostAndPort("127.0.0.1", 0)));
    admin("datastore create main " + shared.resolve("store"));
    admin("user create web1@pbs");
    admin("user token web1@pbs backup --secret-file " + shared.resolve("secret"));
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void namespace() {
    namespace = "a/t" + ++namespaces;
    admin("namespace create " + namespace + " --parents --repository main");
    admin(
        "acl update /datastore/main/"
            + namespace
            + " DatastoreBackup --auth-id web1@pbs --auth-id web1@pbs!backup");
    repository = "web1@pbs!backup@" + node.address() + ":main";
    environment.put("PBS_PASSWORD_FILE", shared.resolve("secret").toString());
    environment.put("PBS_FINGERPRINT", node.fingerprint().toString());
    environment.put("PBS_NAMESPACE", namespace);
  }

  /** As the administrator of the state directory; must work. */
  private static String admin(String line) {
    CommandLineRun run = CommandLineRun.of((line + " --state " + state).split(" "));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.out();
  }

  /** As the token. */
  private CommandLineRun user(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--repository");
    all.add(repository);
    return CommandLineRun.with(environment, all.toArray(String[]::new));
  }

  private String mustWork(String... arguments) {
    CommandLineRun run = user(arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return run.out();
  }

  private void refused(CommandLineRun run, ExitCode code, String... words) {
    assertThat(run.err()).contains("error: ").doesNotContain("\tat ");
    for (String word : words) {
      assertThat(run.err()).contains(word);
    }
    assertThat(run.code()).isEqualTo(code.number());
  }

  private Path data() throws IOException {
    Path data = Files.createDirectories(directory.resolve("data"));
    byte[] content = new byte[9 << 20];
    new Random(SEED).nextBytes(content);
    Files.write(data.resolve("large"), content);
    Files.createDirectories(data.resolve("sub/empty"));
    Files.writeString(data.resolve("sub/small"), "small");
    Files.createLink(data.resolve("sub/link"), data.resolve("sub/small"));
    Files.createSymbolicLink(data.resolve("symlink"), Path.of("../nowhere"));
    return data;
  }

  private static String listing(Path root) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(root, lines);
    return lines.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatWasBackedUpComesBackTheSame() throws IOException {
    Path data = data();
    Path conf = Files.writeString(directory.resolve("etc.conf"), "key = value\n");
    String done =
        mustWork("backup", "data.pxar:" + data, "etc.conf:" + conf, "--backup-id", "web1");
    assertThat(done).contains("uploaded 9.0 MiB in ", "reused 0 B (0.0 %)", "finished host/web1/");

    assertThat(mustWork("snapshot", "list")).contains("host/web1/", "data.pxar.didx");
    assertThat(mustWork("snapshot", "list", "host/web1", "--output", "json"))
        .contains("\"backup-time\"");
    assertThat(mustWork("snapshot", "files", "host/web1"))
        .contains("data.pxar.didx", "etc.conf.blob", "index.json.blob");

    Path restored = directory.resolve("restored");
    mustWork("restore", "host/web1", "data.pxar", restored.toString());
    assertThat(listing(restored)).isEqualTo(listing(data)).contains("symlink");
    assertThat(mustWork("restore", "host/web1", "etc.conf", "-")).isEqualTo("key = value\n");

    refused(
        user("restore", "host/web1", "data.pxar", restored.toString()),
        ExitCode.FAILED,
        "is not empty");
    mustWork("restore", "host/web1", "data.pxar", restored.toString(), "--overwrite");
    assertThat(listing(restored)).isEqualTo(listing(data));
    refused(
        user("restore", "host/web1", "other.pxar", "-"),
        ExitCode.NOT_FOUND,
        "has no other.pxar.didx, it has data.pxar.didx, etc.conf.blob");
  }

  @Test
  void secondBackupSendsOnlyWhatChanged() throws IOException {
    Path data = data();
    mustWork("backup", "data.pxar:" + data, "--backup-id", "web1");
    Files.writeString(data.resolve("sub/new"), "new");
    // At once: in the same second it waits for the next one. The catalog is a chunk of its own.
    String second = mustWork("backup", "data.pxar:" + data, "--backup-id", "web1");
    assertThat(second).containsPattern("in [23] new chunks ").contains("reused ");
    assertThat(second).doesNotContain("reused 0 B");
    Path restored = directory.resolve("restored");
    mustWork("restore", "host/web1", "data.pxar", restored.toString());
    assertThat(listing(restored)).isEqualTo(listing(data));
  }

  @Test
  void imageComesBackTheSame() throws IOException {
    byte[] content = new byte[(5 << 20) + 17];
    new Random(SEED).nextBytes(content);
    Path image = Files.write(directory.resolve("disk"), content);
    mustWork("backup", "disk.img:" + image, "--backup-type", "vm", "--backup-id", "100");
    String again =
        mustWork("backup", "disk.img:" + image, "--backup-type", "vm", "--backup-id", "100");
    assertThat(again).contains("uploaded 0 B in 0 new chunks", "reused 5.0 MiB (100.0 %)");
    Path restored = directory.resolve("disk2");
    mustWork("restore", "vm/100", "disk.img", restored.toString());
    assertThat(restored).hasBinaryContent(content);
    refused(
        user("restore", "vm/100", "disk.img", restored.toString()),
        ExitCode.FAILED,
        "is there already");
  }

  @Test
  void interruptedBackupLeavesNoSnapshotAndSaysSo() throws IOException {
    Path data = data();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    // The first line of result is printed when the session is open.
    PrintStream interrupting =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8) {
          @Override
          public void println(String line) {
            Thread.currentThread().interrupt();
          }
        };
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            interrupting,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            false,
            new Interruption(false));
    int code =
        Main.run(
            terminal,
            "backup",
            "data.pxar:" + data,
            "--backup-id",
            "web1",
            "--repository",
            repository);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(code).isEqualTo(ExitCode.INTERRUPTED.number());
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("was not finished", "error: ");
    refused(user("restore", "host/web1", "data.pxar", "-"), ExitCode.NOT_FOUND, "no finished");
  }

  @Test
  void wrongCertificateNamesBothFingerprints() {
    String wrong = node.fingerprint().toString().replaceFirst("^..", "00");
    if (node.fingerprint().toString().startsWith("00")) {
      wrong = node.fingerprint().toString().replaceFirst("^..", "01");
    }
    environment.put("PBS_FINGERPRINT", wrong);
    refused(user("snapshot", "list"), ExitCode.UNTRUSTED, wrong, node.fingerprint().toString());
  }

  @Test
  void unknownCertificateIsShownAndRefused() {
    environment.remove("PBS_FINGERPRINT");
    refused(user("snapshot", "list"), ExitCode.UNTRUSTED, node.fingerprint().toString());
  }

  @Test
  void wrongSecretIsRefused() {
    environment.put("PBS_PASSWORD", "wrong-secret");
    CommandLineRun run = user("snapshot", "list");
    refused(run, ExitCode.DENIED);
    assertThat(run.err()).doesNotContain("wrong-secret");
  }

  @Test
  void passwordOfTheFirstAdministratorLogsIn() {
    environment.clear();
    environment.put("PBS_FINGERPRINT", node.fingerprint().toString());
    environment.put("PBS_PASSWORD_FILE", state.resolve("admin-password").toString());
    repository = "admin@pbs@" + node.address() + ":main";
    assertThat(mustWork("user", "list")).contains("web1@pbs", "backup");
    environment.put("PBS_PASSWORD", "wrong");
    refused(user("user", "list"), ExitCode.DENIED, "permission check failed");
  }

  @Test
  void tokenMayOnlyWhatItsRolesSay() {
    refused(user("snapshot", "list", "--ns", "a"), ExitCode.DENIED, "/datastore/main/a");
    refused(user("user", "create", "evil@pbs"), ExitCode.DENIED);
  }

  @Test
  void whatIsMissingIsNotFound() {
    refused(
        user("restore", "host/nobody", "data.pxar", "-"),
        ExitCode.NOT_FOUND,
        "no finished snapshot of group 'host/nobody' in namespace '" + namespace + "'");
    CommandLineRun store =
        CommandLineRun.of(
            "snapshot", "list", "--state", state.toString(), "--repository", "missing");
    refused(store, ExitCode.NOT_FOUND, "missing");
  }

  @Test
  void forgottenSnapshotIsGone() throws IOException {
    mustWork(
        "backup",
        "a.pxar:" + Files.createDirectories(directory.resolve("d")),
        "--backup-id",
        "web1",
        "--backup-time",
        "1700000000");
    admin("snapshot forget host/web1/2023-11-14T22:13:20Z --repository main --ns " + namespace);
    refused(user("snapshot", "files", "host/web1"), ExitCode.NOT_FOUND);
  }

  @Test
  void usageIsATableOfNamespacesOrTheAnswerItself() {
    assertThat(admin("namespace usage main"))
        .contains("logical", "deduplicated", "exclusive", "(root)", "│ " + namespace);
    assertThat(admin("namespace usage --last --repository main --output json --ns " + namespace))
        .contains("\"ns\" : \"" + namespace + "\"", "\"exclusive-bytes\" : ")
        .doesNotContain("\"ns\" : \"\"");
    refused(user("namespace", "usage"), ExitCode.DENIED, "permission check failed");
  }

  @Test
  void adminCommandsShowWhatTheyMade() throws IOException {
    String below = namespace + "/c";
    assertThat(admin("namespace list --repository main")).contains("(root)", "│ " + namespace);
    assertThat(admin("namespace create " + below + "/d --parents --repository main"))
        .isEqualTo("created namespace " + below + "\ncreated namespace " + below + "/d\n");
    assertThat(admin("namespace create " + below + " --parents --repository main")).isEmpty();
    admin("namespace delete " + below + " --delete-groups --repository main");
    assertThat(admin("namespace list --repository main")).doesNotContain(below);
    assertThat(admin("datastore list")).contains("main");
    assertThat(admin("user list")).contains("web1@pbs", "never");
    String path = "/datastore/main/" + namespace + " ";
    assertThat(admin("acl list")).contains("DatastoreBackup", path);
    assertThat(
            admin(
                "acl update "
                    + path
                    + "DatastoreBackup --delete --auth-id web1@pbs --auth-id web1@pbs!backup"))
        .contains("took DatastoreBackup");
    assertThat(admin("acl list")).doesNotContain(path);
    assertThat(admin("user token web1@pbs other")).contains("tokenid: web1@pbs!other", "secret: ");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(shared.resolve("secret"))))
        .isEqualTo("rw-------");
  }

  @Test
  void tasksAreListedAndTheirLogsRead() throws IOException {
    Path data = Files.createDirectories(directory.resolve("d"));
    mustWork("backup", "a.pxar:" + data, "--backup-id", "web1");
    String tasks = admin("task list --output json");
    String upid = tasks.replaceAll("(?s).*?\"upid\" : \"(UPID[^\"]*:backup:[^\"]*)\".*", "$1");
    assertThat(admin("task log " + upid.replace("\\\\", "\\") + " --follow")).isNotEmpty();
    assertThat(admin("task list")).contains("backup");
  }

  @Test
  void meshCommandsWorkWithoutAMesh() {
    assertThat(admin("mesh status")).contains("state: ");
    assertThat(admin("mesh lag --ns a")).isEmpty();
    assertThat(admin("peer list")).isNotNull();
    assertThat(admin("sync list")).isNotNull();
  }
}
