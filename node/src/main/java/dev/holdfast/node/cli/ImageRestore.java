package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.ZeroChunks;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.replication.peer.ImageDownload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes an image into a file, which has holes where the image is zero and takes no more room than
 * it needs; or onto a device, which has every byte written, as it may hold others. Chunks of zeros
 * are known by their digest and not fetched.
 */
final class ImageRestore {
  /** A hole is made of whole blocks of the file system; this is the largest in use. */
  private static final int HOLE_BYTES = 64 << 10;

  private final ImageDownload image;
  private final ChunkIndex index;
  private final Path target;
  private final boolean overwrite;
  private final ZeroChunks zeros;
  private final Progress progress;
  private final AtomicLong writtenBytes = new AtomicLong();

  /**
   * @param codec of the image's chunks
   */
  ImageRestore(
      ImageDownload image, BlobCodec codec, Path target, boolean overwrite, Progress progress) {
    this.image = image;
    this.index = image.index();
    this.progress = progress;
    this.zeros = new ZeroChunks(codec);
    this.target = target;
    this.overwrite = overwrite;
  }

  /**
   * @return what was done, for a person
   */
  String run() throws IOException {
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
      write(channel, device);
      if (channel.size() > 0) { // not what has no size, such as /dev/null
        channel.force(true);
      }
    }
    return HumanText.bytes(index.contentBytes())
        + (device ? "" : ", of which " + HumanText.bytes(writtenBytes.get()) + " are no holes");
  }

  private void write(FileChannel channel, boolean device) throws IOException {
    image.run(
        chunk -> {
          boolean wanted =
              device || !index.digest(chunk).equals(zeros.digest(index.chunkBytes(chunk)));
          if (!wanted) {
            progress.more(index.chunkBytes(chunk));
          }
          return wanted;
        },
        (chunk, plain, bytes) -> {
          if (device) {
            put(channel, plain, 0, bytes, index.start(chunk));
          } else {
            putWithHoles(channel, plain, bytes, index.start(chunk));
          }
          progress.more(bytes);
        });
    if (!device && channel.size() < index.contentBytes()) {
      // The last byte of a hole at the end makes the file as long as the image.
      put(channel, new byte[1], 0, 1, index.contentBytes() - 1);
    }
  }

  private void putWithHoles(FileChannel channel, byte[] chunk, int length, long start) {
    for (int at = 0; at < length; at += HOLE_BYTES) {
      int bytes = Math.min(HOLE_BYTES, length - at);
      if (!ZeroChunks.isZeros(chunk, at, bytes)) {
        put(channel, chunk, at, bytes, start + at);
      }
    }
  }

  private void put(FileChannel channel, byte[] bytes, int offset, int length, long position) {
    ByteBuffer piece = ByteBuffer.wrap(bytes, offset, length);
    try {
      while (piece.hasRemaining()) {
        channel.write(piece, position + piece.position() - offset);
      }
    } catch (IOException e) {
      throw FileErrors.of("write", target, e);
    }
    writtenBytes.addAndGet(length);
  }
}
