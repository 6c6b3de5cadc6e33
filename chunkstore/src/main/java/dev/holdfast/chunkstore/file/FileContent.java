package dev.holdfast.chunkstore.file;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;

/** Reads files that are known to be small enough to be held whole. */
public final class FileContent {
  private FileContent() {}

  /**
   * The whole file as an array of exactly its size. CORRUPT_DATA when it is larger than {@code
   * bytesMax}, before anything is allocated.
   */
  public static byte[] read(FileOps files, Path file, long bytesMax) throws IOException {
    try (SeekableByteChannel channel = files.open(file)) {
      long bytes = channel.size();
      if (bytes > bytesMax) {
        throw BackupException.corrupt(
                "file '" + file + "' has " + bytes + " bytes, expected at most " + bytesMax)
            .with("path", file);
      }
      return read(channel, file, (int) bytes);
    }
  }

  /** The first bytes of a file, fewer when it is shorter. */
  public static byte[] head(FileOps files, Path file, int bytesMax) throws IOException {
    try (SeekableByteChannel channel = files.open(file)) {
      return read(channel, file, (int) Math.min(bytesMax, channel.size()));
    }
  }

  private static byte[] read(SeekableByteChannel channel, Path file, int bytes) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(bytes);
    while (content.hasRemaining()) {
      if (channel.read(content) < 0) {
        throw new EOFException(
            "file '" + file + "' ended at " + content.position() + ", expected " + bytes);
      }
    }
    return content.array();
  }
}
