package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.file.LocalFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file that receives a secret: 0600 from its first moment, complete or not there. It is created
 * before the secret is, so that a directory that cannot be written to costs no secret.
 */
final class SecretFile implements AutoCloseable {
  private static final String TEMPORARY_SUFFIX = ".new";

  private final Path target;
  private final Path temporary;

  private SecretFile(Path target, Path temporary) {
    this.target = target;
    this.temporary = temporary;
  }

  static SecretFile prepare(Path target) throws IOException {
    Path temporary = target.resolveSibling(target.getFileName() + TEMPORARY_SUFFIX);
    Files.deleteIfExists(temporary);
    Files.createFile(
        temporary,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new SecretFile(target, temporary);
  }

  /** Replaces the target with one line. */
  void write(String secret) throws IOException {
    writeText(secret + "\n");
  }

  /** Replaces the target. */
  void writeText(String text) throws IOException {
    try (FileChannel channel = FileChannel.open(temporary, Set.of(StandardOpenOption.WRITE))) {
      ByteBuffer line = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(true);
    }
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    new LocalFiles().syncDirectory(target.toAbsolutePath().resolveSibling(""));
  }

  /** Leaves nothing behind when there was no secret to write. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(temporary);
  }
}
