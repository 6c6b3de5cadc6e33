package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a snapshot holds as one blob. */
final class SmallFile {
  private SmallFile() {}

  /** All that is needed to see that a file is too long. */
  static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in);
    }
  }

  /** The same of what is open already. */
  static byte[] read(InputStream in) throws IOException {
    return in.readNBytes(DataBlob.BLOB_PLAIN_BYTES_MAX + 1);
  }

  /** Throws INVALID_INPUT for one that is too long. */
  static byte[] encode(Path file, BlobCodec codec) throws IOException {
    return encode(file, read(file), codec);
  }

  /** The same of content that was read from it. */
  static byte[] encode(Path file, byte[] plain, BlobCodec codec) {
    byte[] blob = codec.encode(plain, 0, plain.length, true);
    if (blob.length > DataBlob.BLOB_ENCODED_BYTES_MAX) {
      throw BackupException.invalid(
              "'"
                  + file
                  + "' has "
                  + blob.length
                  + " bytes compressed, a "
                  + "single file may have "
                  + DataBlob.BLOB_ENCODED_BYTES_MAX)
          .advise("Back up its directory as a .pxar, or the file as an .img.");
    }
    return blob;
  }
}
