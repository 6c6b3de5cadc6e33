package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.PayloadStream;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The archive of a directory in a snapshot: one file, or two of a split one (spec/formats.md §6.7).
 * A user calls both {@code root.pxar}.
 */
public final class PxarFiles {
  private static final String SUFFIX = ".pxar.didx";
  private static final String METADATA_SUFFIX = ".mpxar.didx";
  private static final String PAYLOAD_SUFFIX = ".ppxar.didx";

  private final SnapshotFiles files;
  private final ManifestFile archive;
  private final @Nullable ManifestFile payload;

  private PxarFiles(SnapshotFiles files, ManifestFile archive, @Nullable ManifestFile payload) {
    this.files = files;
    this.archive = archive;
    this.payload = payload;
  }

  /** The name of the metadata of a split archive: {@code root.mpxar.didx}. */
  public static ArchiveName metadataName(ArchiveName name) {
    return renamed(name, METADATA_SUFFIX);
  }

  /** The name of the contents of a split archive: {@code root.ppxar.didx}. */
  public static ArchiveName payloadName(ArchiveName name) {
    return renamed(name, PAYLOAD_SUFFIX);
  }

  /** Whether this is how the archive of a directory, or the metadata of one, is called. */
  public static boolean isDirectory(ArchiveName name) {
    return name.text().endsWith(SUFFIX) || name.text().endsWith(METADATA_SUFFIX);
  }

  private static ArchiveName renamed(ArchiveName name, String suffix) {
    String text = name.text();
    for (String each : new String[] {SUFFIX, METADATA_SUFFIX, PAYLOAD_SUFFIX}) {
      if (text.endsWith(each)) {
        return new ArchiveName(text.substring(0, text.length() - each.length()) + suffix);
      }
    }
    throw BackupException.invalid("'" + name + "' is no archive of a directory");
  }

  static PxarFiles find(SnapshotFiles files, ArchiveName name) {
    Manifest manifest = files.manifest();
    ManifestFile single = manifest.file(renamed(name, SUFFIX));
    if (single != null && !name.text().endsWith(METADATA_SUFFIX)) {
      return new PxarFiles(files, single, null);
    }
    ManifestFile metadata = manifest.file(metadataName(name));
    if (metadata == null) {
      return new PxarFiles(files, files.file(name), null); // which says what there is
    }
    return new PxarFiles(files, metadata, files.file(payloadName(name)));
  }

  public boolean isSplit() {
    return payload != null;
  }

  /** The archive, or the metadata of a split one. */
  public ManifestFile archive() {
    return archive;
  }

  /** All bytes of it, in both streams. */
  public long bytes() {
    return archive.size() + (payload == null ? 0 : payload.size());
  }

  /**
   * Reads it from beginning to end; the caller closes the streams by way of {@code wrapped}.
   *
   * @param pool decodes: platform threads, as many as cores
   * @param wrapped is given each stream, to count or to close
   */
  public PxarReader reader(Executor pool, UnaryOperator<InputStream> wrapped) {
    InputStream stream = wrapped.apply(content(archive, pool));
    String name = files.where(archive);
    if (payload == null) {
      return new PxarReader(stream, name);
    }
    InputStream contents = wrapped.apply(content(payload, pool));
    return new PxarReader(stream, name, new PayloadStream(contents, files.where(payload)));
  }

  private InputStream content(ManifestFile file, Executor pool) {
    ChunkIndex index = files.index(file);
    return files.content(file, index, pool);
  }

  /**
   * Finds single entries, and reads files in parts. Fetches what it is asked for, and what is
   * expected.
   *
   * @param pool decodes what is fetched ahead: platform threads, as many as cores
   */
  public PxarAccessor accessor(Executor pool) throws IOException {
    ByteSource contents = payload == null ? null : files.source(payload, pool);
    return PxarAccessor.open(files.source(archive, pool), files.where(archive), contents);
  }

  /** As {@link #accessor} without contents, which are not looked for. */
  public PxarAccessor metadata(Executor pool) throws IOException {
    return PxarAccessor.open(files.source(archive, pool), files.where(archive));
  }
}
