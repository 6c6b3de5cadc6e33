package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: whatever a backup is made of comes back whole, and what is not whole is never taken for
 * a backup.
 */
final class BackupSourcesTest {
  private static final long SEED = 20_251_125L;
  private static final int MIB = 1 << 20;

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @TempDir Path directory = Path.of("");

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(SEED).nextBytes(content);
    return content;
  }

  private Path restored(String id, String archive) {
    Path file = directory.resolve("restored-" + archive);
    node.mustWork("restore", "host/" + id, archive, file.toString());
    return file;
  }

  @Test
  void dumpOfADatabaseNeedsNoFileAndIsIncremental() {
    byte[] dump = random(21 * MIB + 17);
    assertThat(
            node.mustWork(
                new ByteArrayInputStream(dump), "backup", "db.sql:-", "--backup-id", "dump"))
        .contains("db.sql: 21.0 MiB", "reused 0 B");
    dump[10 * MIB] ^= 1;
    String second =
        node.mustWork(new ByteArrayInputStream(dump), "backup", "db.sql:-", "--backup-id", "dump");
    assertThat(second).doesNotContain("reused 0 B");
    assertThat(restored("dump", "db.sql")).hasBinaryContent(dump);
    assertThat(node.mustWork("snapshot", "files", "host/dump")).contains("db.sql.didx");
  }

  @Test
  void smallFileMayComeFromStandardInput() {
    node.mustWork(
        new ByteArrayInputStream(new byte[] {'x'}), "backup", "a.conf:-", "--backup-id", "conf");
    assertThat(restored("conf", "a.conf")).hasContent("x");
  }

  @Test
  void emptyStreamAndFailedCommandMakeNoSnapshot() {
    node.refused(
        ExitCode.FAILED,
        List.of("db.sql: standard input gave nothing"),
        "backup",
        "db.sql:-",
        "--backup-id",
        "none");
    node.refused(
        ExitCode.FAILED,
        List.of("'sh' ended with 3", "was not finished"),
        "backup",
        "db.sql:-",
        "--stdin-from-command",
        "sh -c 'echo half of it; exit 3'",
        "--backup-id",
        "none");
    assertThat(node.mustWork("snapshot", "list")).doesNotContain("host/none");
    node.mustWork(
        "backup",
        "db.sql:-",
        "--stdin-from-command",
        "printf '%s' 'all of it'",
        "--backup-id",
        "whole");
    assertThat(restored("whole", "db.sql")).hasContent("all of it");
  }

  @Test
  void imagesAreSentSideBySide() throws IOException {
    String[] arguments = new String[8];
    byte[][] contents = new byte[6][];
    arguments[0] = "backup";
    for (int i = 0; i < contents.length; i++) {
      contents[i] = random((3 + 2 * i) * MIB + i);
      contents[i][0] = (byte) i;
      Path file = Files.write(directory.resolve("disk" + i), contents[i]);
      arguments[i + 1] = "disk" + i + ".img:" + file;
    }
    arguments[7] = "--backup-id=disks";
    String said = node.mustWork(arguments);
    assertThat(said).contains("disk0.img: 3.0 MiB\ndisk1.img: 5.0 MiB\n");
    for (int i = 0; i < contents.length; i++) {
      assertThat(restored("disks", "disk" + i + ".img")).hasBinaryContent(contents[i]);
    }
    Files.write(directory.resolve("disk3"), new byte[0]);
    arguments[7] = "--backup-id=broken";
    node.refused(ExitCode.FAILED, List.of("disk3' is empty"), arguments);
    assertThat(node.mustWork("snapshot", "list")).doesNotContain("host/broken");
  }

  @Test
  void dryRunTellsAndSendsNothing() throws IOException {
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("lost+found"));
    Files.writeString(tree.resolve("a"), "12345");
    Files.writeString(tree.resolve("lost+found/b"), "678");
    CommandLineRun run =
        CommandLineRun.of(
            "backup", "t.pxar:" + tree, "db.sql:-", "--dry-run", "--skip-lost-and-found");
    assertThat(run.code()).as(run.err()).isZero();
    // One file more: it tells what was left out.
    assertThat(run.out())
        .containsPattern("would back up t.pxar as t.pxar.didx: [12] files? in 1 directory, ")
        .contains("db.sql as db.sql.didx: standard input, which is not read", "nothing was sent");
  }

  @Test
  void rateHoldsTheLineBack() throws IOException {
    Path file = Files.write(directory.resolve("disk"), random(3 * MIB));
    long began = System.nanoTime();
    node.mustWork(
        "backup", "disk.img:" + file, "--backup-id", "slow", "--rate", "1MiB", "--burst", "256KiB");
    // The last second's worth may be under way when the node has it all.
    assertThat((System.nanoTime() - began) / 1e9).isGreaterThan(1.5);
    assertThat(restored("slow", "disk.img")).hasBinaryContent(Files.readAllBytes(file));
  }

  @Test
  void interruptedBackupSaysOneThing() throws IOException {
    // A stream that interrupts the one who reads it, as a signal would.
    InputStream in =
        new InputStream() {
          @Override
          public int read() {
            Thread.currentThread().interrupt();
            return 'x';
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            target[offset] = (byte) read();
            return 1;
          }
        };
    CommandLineRun run =
        CommandLineRun.with(
            node.environment(), in, "backup", "db.sql:-", "--backup-id", "interrupted");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(run.code()).isEqualTo(ExitCode.INTERRUPTED.number());
    assertThat(run.err())
        .matches(
            "error: interrupted, snapshot host/interrupted/\\S+ was not finished: the node drops"
                + " what it has of it\n");
  }
}
