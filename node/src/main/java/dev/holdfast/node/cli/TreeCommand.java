package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.TreeListing;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "tree",
    description = {
      "List a directory with everything that a backup brings back, a JSON object a line.",
      "Two trees with the same lines have the same content, modes, owners, times, links and"
          + " extended attributes."
    })
final class TreeCommand implements Callable<Integer> {
  private static final int BUFFER_BYTES = 256 * 1024;

  private final Terminal terminal;

  @Parameters(paramLabel = "PATH", description = "Directory; with --set-xattr a file.")
  private Path path = Path.of("");

  @Option(
      names = "--set-xattr",
      paramLabel = "NAME=VALUE",
      description = "Set an extended attribute instead, e.g. user.comment=text.")
  private @Nullable String attribute;

  TreeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (attribute != null) {
      set(attribute);
      return ExitCode.OK.number();
    }
    if (!Files.isDirectory(path)) {
      throw new UsageException("'" + path + "' is not a directory", null);
    }
    OutputStream lines = new BufferedOutputStream(terminal.out(), BUFFER_BYTES);
    TreeListing.write(path, lines);
    lines.flush();
    return ExitCode.OK.number();
  }

  private void set(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new UsageException("'" + text + "' is no NAME=VALUE", null);
    }
    try (Posix posix = Posix.open()) {
      int flags = OpenFlags.READ_ONLY | OpenFlags.NO_TERMINAL;
      int handle = posix.open(Posix.WORKING_DIRECTORY, Bytes.of(path), flags, 0);
      try {
        Bytes name = Bytes.of(text.substring(0, equals));
        posix.setXattr(handle, name, Bytes.of(text.substring(equals + 1)));
      } finally {
        posix.close(handle);
      }
    } catch (PosixException e) {
      throw e.toBackup("cannot set the attribute of '" + path + "'");
    }
  }
}
