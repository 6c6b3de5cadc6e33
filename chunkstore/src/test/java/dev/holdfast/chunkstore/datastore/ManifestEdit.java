package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.SmallBackup;
import java.util.List;

/** The manifest of a small backup, made to list another blob. */
final class ManifestEdit {
  private ManifestEdit() {}

  static Manifest withBlob(Manifest manifest, byte[] blob) {
    List<ManifestFile> files =
        manifest.files().stream()
            .map(
                file ->
                    file.name().equals(SmallBackup.BLOB)
                        ? new ManifestFile(
                            file.name(), CryptMode.NONE, blob.length, Digest.sha256(blob))
                        : file)
            .toList();
    return Manifest.of(manifest.snapshot(), files);
  }
}
