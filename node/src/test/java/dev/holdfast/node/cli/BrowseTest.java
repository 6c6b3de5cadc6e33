package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.pxar.TreeListing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a single file is found and comes back without the rest, and what changed is seen; and
 * nothing at the target is touched that was not meant.
 */
final class BrowseTest {
  private static final long SEED = 7;
  private static final String FIRST = "host/web/2023-11-14T22:13:20Z";
  private static final String SECOND = "host/web/2023-11-15T22:13:20Z";

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  private static Path tree = Path.of("");

  @TempDir Path directory = Path.of("");

  /** Two snapshots of a tree, with some changes in between. */
  @BeforeAll
  static void start() throws IOException {
    node = new CommandNode(shared);
    tree = shared.resolve("tree");
    Files.createDirectories(tree.resolve("etc/ssh"));
    Files.createDirectories(tree.resolve("home/me"));
    write("etc/passwd", "root");
    write("etc/ssh/config", "Host *");
    write("home/me/notes.txt", "old notes");
    write("home/me/gone", "x");
    write("home/me/quiet", "1234");
    Files.createLink(tree.resolve("home/me/other-name"), tree.resolve("etc/passwd"));
    Files.createLink(tree.resolve("home/me/third-name"), tree.resolve("etc/passwd"));
    byte[] large = new byte[9 << 20];
    new Random(SEED).nextBytes(large);
    Files.write(tree.resolve("large"), large);
    backup("1700000000");
    write("home/me/notes.txt", "new notes!");
    write("home/me/new", "y");
    Files.delete(tree.resolve("home/me/gone"));
    FileTime time = Files.getLastModifiedTime(tree.resolve("home/me/quiet"));
    write("home/me/quiet", "4321");
    Files.setLastModifiedTime(tree.resolve("home/me/quiet"), time);
    Files.setPosixFilePermissions(
        tree.resolve("etc/ssh/config"), PosixFilePermissions.fromString("rw-------"));
    backup("1700086400");
  }

  private static void write(String path, String content) throws IOException {
    Files.writeString(tree.resolve(path), content);
  }

  private static void backup(String time) {
    node.mustWork("backup", "root.pxar:" + tree, "--backup-id", "web", "--backup-time", time);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String listing(Path root) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(root, lines);
    return lines.toString(StandardCharsets.UTF_8);
  }

  private static InputStream lines(String... lines) {
    return new ByteArrayInputStream(
        (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void catalogListsAndFindsNames() {
    assertThat(node.mustWork("catalog", "dump", FIRST))
        .startsWith("d \"./root.pxar.didx\"\nd \"./root.pxar.didx/etc\"\n")
        .contains("\nf \"./root.pxar.didx/home/me/notes.txt\" 9 20")
        .contains("\nh \"./root.pxar.didx/home/me/other-name\"\n");
    assertThat(node.mustWork("catalog", "find", "host/web", "*.txt", "/etc/*"))
        .contains("home/me/notes.txt", "etc/passwd", "etc/ssh")
        .doesNotContain("large", "config");
  }

  @Test
  void onlyWhatMatchesIsRestored() throws IOException {
    Path target = directory.resolve("target");
    node.mustWork(
        "restore", FIRST, "root.pxar", target.toString(), "--pattern", "/etc/ssh", "*me/n*");
    assertThat(target.resolve("etc/ssh/config")).hasContent("Host *");
    assertThat(target.resolve("home/me/notes.txt")).hasContent("old notes");
    assertThat(target.resolve("large")).doesNotExist();
    assertThat(target.resolve("etc/passwd")).doesNotExist();
    assertThat(target.resolve("home/me/gone")).doesNotExist();
    node.refused(
        ExitCode.NOT_FOUND,
        List.of("nothing in root.pxar.didx matches"),
        "restore",
        FIRST,
        "root.pxar",
        directory.resolve("none").toString(),
        "nobody");
  }

  @Test
  void furtherNameOfAFileThatIsNotWantedHasItsContent() throws IOException {
    Path target = directory.resolve("target");
    node.mustWork("restore", FIRST, "root.pxar", target.toString(), "*-name");
    assertThat(target.resolve("home/me/other-name")).hasContent("root");
    assertThat(
            Files.isSameFile(
                target.resolve("home/me/other-name"), target.resolve("home/me/third-name")))
        .isTrue();
    assertThat(target.resolve("etc")).doesNotExist();
  }

  @Test
  void everythingByPatternsIsTheTree() throws IOException {
    Path whole = directory.resolve("whole");
    Path selected = directory.resolve("selected");
    node.mustWork("restore", "host/web", "root.pxar", whole.toString());
    node.mustWork("restore", "host/web", "root.pxar", selected.toString(), "--pattern", "*");
    assertThat(listing(selected)).isEqualTo(listing(whole)).isEqualTo(listing(tree));
  }

  @Test
  void existingDirectoriesAreSharedAndFilesKept() throws IOException {
    Path target = Files.createDirectories(directory.resolve("target/home/me"));
    Files.writeString(target.resolve("mine"), "mine");
    Path root = directory.resolve("target");
    node.refused(
        ExitCode.FAILED, List.of("is not empty"), "restore", FIRST, "root.pxar", root.toString());
    node.mustWork("restore", FIRST, "root.pxar", root.toString(), "--allow-existing-dirs");
    assertThat(target.resolve("mine")).hasContent("mine");
    assertThat(target.resolve("notes.txt")).hasContent("old notes");
    node.refused(
        ExitCode.FAILED,
        List.of("etc/passwd"),
        "restore",
        FIRST,
        "root.pxar",
        root.toString(),
        "--allow-existing-dirs");
    node.mustWork("restore", SECOND, "root.pxar", root.toString(), "--overwrite");
    assertThat(target.resolve("notes.txt")).hasContent("new notes!");
  }

  @Test
  void differencesAreNamed() {
    assertThat(node.mustWork("diff", "root.pxar", FIRST, SECOND))
        .contains("- /home/me/gone\n", "+ /home/me/new\n")
        .contains("~ /home/me/notes.txt (content, size, modified)\n")
        .contains("~ /etc/ssh/config (mode)\n")
        .doesNotContain("quiet", "large", "passwd");
    assertThat(node.mustWork("diff", "root.pxar", FIRST, "host/web", "--compare-content"))
        .contains("~ /home/me/quiet (content)\n");
    assertThat(node.mustWork("diff", "root.pxar", SECOND, SECOND)).isEmpty();
    assertThat(node.mustWork("diff", "root.pxar", FIRST, SECOND, "--output", "json"))
        .contains("\"change\" : \"removed\"");
  }

  @Test
  void shellLooksAroundAndRestores() throws IOException {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    String said =
        node.mustWork(
            lines(
                "pwd",
                "cd home/me",
                "ls",
                "pwd",
                "stat notes.txt",
                "stat ../../etc",
                "find not*",
                "select notes.txt /etc/ssh",
                "list-selected",
                "restore-selected " + one,
                "cd ..",
                "restore " + two + " /me/n*",
                "exit",
                "ls"),
            "catalog",
            "shell",
            FIRST,
            "root.pxar");
    assertThat(said)
        .startsWith("/\nf ")
        .contains("notes.txt\n", "\n/home/me\n", "type: file\nsize: 9\n", "type: directory\n")
        .contains(
            "f \"./home/me/notes.txt\" 9 ", "selected 2 paths more\n/etc/ssh\n/home/me/notes.txt\n")
        .endsWith("restored 1 file in 2 directories, 9 B\n");
    assertThat(one.resolve("home/me/notes.txt")).hasContent("old notes");
    assertThat(one.resolve("etc/ssh/config")).hasContent("Host *");
    assertThat(two.resolve("me/notes.txt")).hasContent("old notes");
    CommandLineRun failed =
        CommandLineRun.with(
            node.environment(), lines("cd nowhere", "ls"), "catalog", "shell", FIRST, "root.pxar");
    assertThat(failed.code()).isEqualTo(ExitCode.NOT_FOUND.number());
    assertThat(failed.err()).contains("'/nowhere' is not in root.pxar.didx");
  }

  @Test
  void imageIsRestoredWithHoles() throws IOException {
    byte[] image = new byte[(12 << 20) + 5];
    image[5 << 20] = 1;
    Path file = Files.write(directory.resolve("disk"), image);
    node.mustWork("backup", "disk.img:" + file, "--backup-id", "disk");
    Path restored = directory.resolve("restored");
    CommandLineRun run = node.run("restore", "host/disk", "disk.img", restored.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("12.0 MiB, of which 64.0 KiB are no holes");
    assertThat(restored).hasBinaryContent(image);
    node.refused(
        ExitCode.FAILED,
        List.of("is there already"),
        "restore",
        "host/disk",
        "disk.img",
        restored.toString());
    node.refused(
        ExitCode.FAILED,
        List.of("is a device", "--overwrite"),
        "restore",
        "host/disk",
        "disk.img",
        "/dev/null");
    node.mustWork("restore", "host/disk", "disk.img", "/dev/null", "--overwrite");
    node.mustWork("restore", "host/disk", "disk.img", restored.toString(), "--overwrite");
    assertThat(restored).hasBinaryContent(image);
  }
}
