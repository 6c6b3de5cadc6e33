package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: programs read a snapshot where it is, and nothing stays mounted behind them. */
final class MountTest {
  private static final long SEED = 11;

  @TempDir Path directory = Path.of("");

  @Test
  void archiveIsReadAsAFileSystemUntilItIsInterrupted() throws Exception {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no permission for /dev/fuse");
    try (CommandNode node = new CommandNode(directory)) {
      Path tree = directory.resolve("tree");
      Files.createDirectories(tree.resolve("sub"));
      byte[] content = new byte[9 << 20];
      new Random(SEED).nextBytes(content);
      Files.write(tree.resolve("sub/large"), content);
      Files.createLink(tree.resolve("again"), tree.resolve("sub/large"));
      Files.createSymbolicLink(tree.resolve("link"), Path.of("sub/large"));
      node.mustWork("backup", "t.pxar:" + tree, "--backup-id", "m");
      Path at = Files.createDirectory(directory.resolve("at"));

      CountDownLatch mounted = new CountDownLatch(1);
      CompletableFuture<Integer> code = new CompletableFuture<>();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      Thread command = start(node, at, err, mounted, code);
      var unused =
          CompletableFuture.anyOf(code, CompletableFuture.runAsync(() -> await(mounted)))
              .get(60, TimeUnit.SECONDS);
      assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isNotDone();
      try {
        assertThat(at.toFile().list()).containsExactlyInAnyOrder("again", "link", "sub");
        assertThat(at.resolve("again")).hasBinaryContent(content);
        assertThat(at.resolve("link")).isSymbolicLink().hasBinaryContent(content);
        assertThat(at.resolve("nobody")).doesNotExist();
        assertThat(Files.getLastModifiedTime(at.resolve("sub/large")))
            .isEqualTo(Files.getLastModifiedTime(tree.resolve("sub/large")));
        assertThat(Files.isWritable(at.resolve("sub"))).isFalse();
      } finally {
        command.interrupt();
      }
      assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
      assertThat(at).isEmptyDirectory();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread start(
      CommandNode node,
      Path at,
      ByteArrayOutputStream err,
      CountDownLatch mounted,
      CompletableFuture<Integer> code) {
    PrintStream out =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8) {
          @Override
          public void println(String line) {
            mounted.countDown();
          }
        };
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            node.environment(),
            false,
            new Interruption(false));
    return Thread.ofPlatform()
        .start(() -> code.complete(Main.run(terminal, "mount", "host/m", "t.pxar", at.toString())));
  }
}
