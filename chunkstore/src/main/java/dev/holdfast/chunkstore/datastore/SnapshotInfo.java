package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot as listings show it (spec/protocols.md §7.3).
 *
 * @param files the manifest's in its order, then the manifest itself, then others by name only;
 *     without a readable manifest all by name only
 * @param manifest null while the snapshot is being written, unfinished, or when the manifest cannot
 *     be read
 * @param size plain bytes of all files plus the manifest's own length; null as the manifest
 * @param manifestProblem why a manifest that is there could not be read
 */
public record SnapshotInfo(
    SnapshotId id,
    List<FileInfo> files,
    @Nullable Manifest manifest,
    @Nullable Long size,
    boolean isProtected,
    @Nullable String manifestProblem) {

  /** One file; what is null is not known. */
  public record FileInfo(String name, @Nullable CryptMode crypt, @Nullable Long size) {}

  public SnapshotInfo {
    files = List.copyOf(files);
  }

  /** Whether it can be restored, be a base, be replicated. */
  public boolean isFinished() {
    return manifest != null;
  }
}
