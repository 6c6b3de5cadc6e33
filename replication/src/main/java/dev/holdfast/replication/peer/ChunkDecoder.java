package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Digest;
import org.jspecify.annotations.Nullable;

/** Opens the chunks of one archive: CRC, length and digest, and with a key its tag. */
record ChunkDecoder(BlobCodec codec, String where) {

  /**
   * CORRUPT_DATA with archive, digest and offset for what is not the chunk of this digest and
   * length.
   *
   * @param offset of its content in the archive
   * @param target of at least so many bytes, gets the content
   */
  void decode(Digest digest, long offset, int bytes, byte[] encoded, byte[] target) {
    try {
      int length = codec.decodeInto(target, encoded, encoded.length, bytes);
      if (length != bytes) {
        throw corrupt(digest, offset, "has " + length + " bytes, expected " + bytes, null);
      }
      Digest found = codec.digest(target, 0, length);
      if (!found.equals(digest)) {
        throw corrupt(digest, offset, "has content with digest " + found, null);
      }
    } catch (BackupException e) {
      throw e.context().containsKey("digest")
          ? e
          : corrupt(digest, offset, "is corrupt: " + e.text(), e).withFactsOf(e);
    }
  }

  private BackupException corrupt(
      Digest digest, long offset, String what, @Nullable Throwable cause) {
    String text = where + ": chunk " + digest + " at offset " + offset + " " + what;
    return new BackupException(Kind.CORRUPT_DATA, text, cause).with("digest", digest);
  }
}
