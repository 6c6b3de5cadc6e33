package dev.holdfast.chunkstore.file;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.function.IntFunction;

/** Reads files that are known to be small enough to be held whole. */
public final class FileContent {
  /**
   * Read at once. A channel fills an array by way of memory of its own of that size, which is still
   * in the processor's cache when it is copied if it is small.
   */
  private static final int PIECE_BYTES = 128 << 10;

  private FileContent() {}

  /**
   * The whole file as an array of exactly its size. CORRUPT_DATA when it is larger than {@code
   * bytesMax}, before anything is allocated.
   */
  public static byte[] read(FileOps files, Path file, long bytesMax) throws IOException {
    return read(files, file, bytesMax, byte[]::new);
  }

  /**
   * As {@link #read(FileOps, Path, long)}, at the start of another array.
   *
   * @param arrays told the size of the file, gives an array of at least that size
   */
  public static byte[] read(FileOps files, Path file, long bytesMax, IntFunction<byte[]> arrays)
      throws IOException {
    try (SeekableByteChannel channel = files.open(file)) {
      int bytes = sizeAtMost(channel, file, bytesMax);
      byte[] content = arrays.apply(bytes);
      fill(content, bytes, channel, file);
      return content;
    }
  }

  /** The size of an open file. CORRUPT_DATA when it is larger than {@code bytesMax}. */
  public static int sizeAtMost(SeekableByteChannel channel, Path file, long bytesMax)
      throws IOException {
    long bytes = channel.size();
    if (bytes > bytesMax) {
      throw BackupException.corrupt(
              "file '" + file + "' has " + bytes + " bytes, expected at most " + bytesMax)
          .with("path", file);
    }
    return (int) bytes;
  }

  /** The first bytes of a file, fewer when it is shorter. */
  public static byte[] head(FileOps files, Path file, int bytesMax) throws IOException {
    try (SeekableByteChannel channel = files.open(file)) {
      byte[] head = new byte[(int) Math.min(bytesMax, channel.size())];
      fill(head, head.length, channel, file);
      return head;
    }
  }

  private static void fill(byte[] target, int bytes, SeekableByteChannel channel, Path file)
      throws IOException {
    ByteBuffer content = ByteBuffer.wrap(target);
    while (content.position() < bytes) {
      content.limit(Math.min(bytes, content.position() + PIECE_BYTES));
      if (channel.read(content) < 0) {
        throw new EOFException(
            "file '" + file + "' ended at " + content.position() + ", expected " + bytes);
      }
    }
  }
}
