package dev.holdfast.chunkstore.manifest;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;

/**
 * What a manifest says of one file.
 *
 * @param size of an index: the content it describes; of a blob: the encoded file; in bytes
 * @param csum of an index: its checksum; of a blob: SHA-256 of the encoded file
 */
public record ManifestFile(ArchiveName name, CryptMode crypt, long size, Digest csum) {
  public ManifestFile {
    if (size < 0) {
      throw BackupException.invalid("size " + size + " of '" + name + "': expected 0 or more");
    }
  }
}
