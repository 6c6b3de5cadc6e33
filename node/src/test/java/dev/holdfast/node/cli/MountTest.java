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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: programs read a snapshot where it is, and nothing stays mounted behind them. */
final class MountTest {
  private static final long SEED = 11;
  private static final int TIMEOUT_SECONDS = 60;

  @TempDir Path directory = Path.of("");

  @Test
  void archiveIsReadAsAFileSystemUntilItIsUnmounted() throws Exception {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no permission for /dev/fuse");
    assumeTrue(FuseMount.library().isPresent(), "no libfuse3");
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

      Mounted first = Mounted.at(at, node);
      assertThat(at.toFile().list()).containsExactlyInAnyOrder("again", "link", "sub");
      assertThat(at.resolve("again")).hasBinaryContent(content);
      assertThat(at.resolve("link")).isSymbolicLink().hasBinaryContent(content);
      assertThat(at.resolve("nobody")).doesNotExist();
      assertThat(Files.getLastModifiedTime(at.resolve("sub/large")))
          .isEqualTo(Files.getLastModifiedTime(tree.resolve("sub/large")));
      assertThat(Files.isWritable(at.resolve("sub"))).isFalse();
      first.command.interrupt();
      assertThat(first.code.get(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isZero();
      assertThat(at).isEmptyDirectory();

      Mounted second = Mounted.at(at, node);
      Process umount = new ProcessBuilder("umount", at.toString()).inheritIO().start();
      if (umount.waitFor() != 0) {
        second.command.interrupt(); // only root may
      }
      assertThat(second.code.get(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isZero();
    }
  }

  /** A command that has mounted the archive. */
  private record Mounted(Thread command, CompletableFuture<Integer> code) {
    static Mounted at(Path at, CommandNode node) throws Exception {
      CompletableFuture<String> said = new CompletableFuture<>();
      CompletableFuture<Integer> code = new CompletableFuture<>();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      PrintStream out =
          new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
              said.complete(line);
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
      String[] arguments = {"mount", "host/m", "t.pxar", at.toString()};
      Thread command =
          Thread.ofPlatform().start(() -> code.complete(Main.run(terminal, arguments)));
      var unused = CompletableFuture.anyOf(said, code).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      assertThat(said).as(err.toString(StandardCharsets.UTF_8)).isDone();
      return new Mounted(command, code);
    }
  }
}
