package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes an image into a file, which has holes where the image is zero and takes no more room than
 * it needs; or onto a device, which has every byte written, as it may hold others. Chunks of zeros
 * are known by their digest and not fetched.
 */
final class ImageRestore {
  /** A hole is made of whole blocks of the file system; this is the largest in use. */
  private static final int HOLE_BYTES = 64 << 10;

  private final ChunkIndex index;
  private final BlobCodec codec;
  private final Path target;
  private final boolean overwrite;
  private final Map<Integer, Digest> zeros = new HashMap<>();
  private long writtenBytes;

  ImageRestore(ChunkIndex index, BlobCodec codec, Path target, boolean overwrite) {
    this.index = index;
    this.codec = codec;
    this.target = target;
    this.overwrite = overwrite;
  }

  /**
   * @param content of the image, from its beginning; skipping is cheap
   * @return what was done, for a person
   */
  String run(InputStream content) throws IOException {
    boolean device = Files.exists(target) && !Files.isRegularFile(target);
    if (device && Files.isDirectory(target)) {
      throw BackupException.invalid("'" + target + "' is a directory, an image becomes a file");
    }
    if (device && !overwrite) {
      throw new BackupException(Kind.ALREADY_EXISTS, "'" + target + "' is a device")
          .advise("Give --overwrite to replace what is on it.");
    }
    try (FileChannel channel =
        device
            ? FileChannel.open(target, StandardOpenOption.WRITE)
            : TargetFile.open(target, overwrite)) {
      if (device && channel.size() != 0 && channel.size() < index.contentBytes()) {
        throw BackupException.invalid(
            "device '"
                + target
                + "' has "
                + channel.size()
                + " bytes, the image "
                + index.contentBytes());
      }
      write(content, channel, device);
      if (channel.size() > 0) { // not what has no size, such as /dev/null
        channel.force(true);
      }
    }
    return HumanText.bytes(index.contentBytes())
        + (device ? "" : ", of which " + HumanText.bytes(writtenBytes) + " are no holes");
  }

  private void write(InputStream content, FileChannel channel, boolean device) throws IOException {
    byte[] chunk = new byte[0];
    for (int i = 0; i < index.chunkCount(); i++) {
      int bytes = index.chunkBytes(i);
      long start = index.start(i);
      if (!device && isZeros(i)) {
        content.skipNBytes(bytes);
        continue;
      }
      if (chunk.length != bytes) {
        chunk = new byte[bytes];
      }
      int got = content.readNBytes(chunk, 0, bytes);
      if (got != bytes) {
        throw BackupException.corrupt("the image ends at " + (start + got));
      }
      if (device) {
        put(channel, chunk, 0, bytes, start);
      } else {
        putWithHoles(channel, chunk, start);
      }
    }
    if (!device && channel.size() < index.contentBytes()) {
      // The last byte of a hole at the end makes the file as long as the image.
      put(channel, new byte[1], 0, 1, index.contentBytes() - 1);
    }
  }

  private boolean isZeros(int chunk) {
    int bytes = index.chunkBytes(chunk);
    Digest ofZeros =
        zeros.computeIfAbsent(bytes, length -> codec.digest(new byte[length], 0, length));
    return index.digest(chunk).equals(ofZeros);
  }

  private void putWithHoles(FileChannel channel, byte[] chunk, long start) throws IOException {
    byte[] hole = new byte[HOLE_BYTES];
    for (int at = 0; at < chunk.length; at += HOLE_BYTES) {
      int bytes = Math.min(HOLE_BYTES, chunk.length - at);
      if (!Arrays.equals(chunk, at, at + bytes, hole, 0, bytes)) {
        put(channel, chunk, at, bytes, start + at);
      }
    }
  }

  private void put(FileChannel channel, byte[] bytes, int offset, int length, long position)
      throws IOException {
    ByteBuffer piece = ByteBuffer.wrap(bytes, offset, length);
    while (piece.hasRemaining()) {
      channel.write(piece, position + piece.position() - offset);
    }
    writtenBytes += length;
  }
}
