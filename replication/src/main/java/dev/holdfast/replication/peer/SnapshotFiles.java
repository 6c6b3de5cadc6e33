package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.ChunkedSource;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.ManifestSignature;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot opened for reading: what its manifest lists, in the clear. Each file is what the
 * manifest says it is, and is opened as its crypt mode says. Methods wait; any thread may call.
 */
public final class SnapshotFiles {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ReaderSession session;
  private final Manifest manifest;
  private final @Nullable EncryptionKey key;

  private SnapshotFiles(ReaderSession session, Manifest manifest, @Nullable EncryptionKey key) {
    this.session = session;
    this.manifest = manifest;
    this.key = key;
  }

  /** Where a key comes from when one is needed: it may cost a passphrase. */
  @FunctionalInterface
  public interface KeySource {
    /** Null when there is none. */
    @Nullable EncryptionKey key();
  }

  /**
   * Downloads the manifest. The session stays the caller's.
   *
   * @param keys asked only if the snapshot was made with a key
   * @throws BackupException UNAUTHENTICATED when it was made with another key, or with one and
   *     there is none; CORRUPT_DATA when its signature is wrong, or is that of another snapshot
   */
  public static SnapshotFiles open(ReaderSession session, SnapshotId snapshot, KeySource keys) {
    return of(session, snapshot, download(session, snapshot), keys);
  }

  /** As {@link #open}, with a manifest of the snapshot that the caller has already. */
  public static SnapshotFiles of(
      ReaderSession session, SnapshotId snapshot, Manifest manifest, KeySource keys) {
    SnapshotFiles files = unchecked(session, manifest, keys);
    ManifestSignature.check(manifest, files.key);
    if (files.key != null && !manifest.snapshot().equals(snapshot)) {
      throw BackupException.corrupt(
          "manifest of " + snapshot + " is signed as that of " + manifest.snapshot());
    }
    return files;
  }

  /**
   * The same without looking at the signature: for who has lost the key and wants what can be read
   * without it.
   */
  public static SnapshotFiles openUnchecked(
      ReaderSession session, SnapshotId snapshot, KeySource keys) {
    return unchecked(session, download(session, snapshot), keys);
  }

  private static Manifest download(ReaderSession session, SnapshotId snapshot) {
    try {
      return Manifest.decodeBlob(session.download(ArchiveName.MANIFEST));
    } catch (BackupException e) {
      throw new BackupException(e.kind(), snapshot + ": " + e.text(), e).withFactsOf(e);
    }
  }

  private static SnapshotFiles unchecked(ReaderSession session, Manifest manifest, KeySource keys) {
    boolean keyed =
        manifest.signed()
            || manifest.keyFingerprint() != null
            || manifest.cryptMode() == CryptMode.ENCRYPT;
    return new SnapshotFiles(session, manifest, keyed ? keys.key() : null);
  }

  public Manifest manifest() {
    return manifest;
  }

  /** Throws NOT_FOUND with what there is. */
  public ManifestFile file(ArchiveName name) {
    ManifestFile file = manifest.file(name);
    if (file == null) {
      throw BackupException.notFound(
          "snapshot "
              + manifest.snapshot()
              + " has no "
              + name
              + ", it has "
              + manifest.files().stream()
                  .map(each -> each.name().text())
                  .collect(Collectors.joining(", ")));
    }
    return file;
  }

  /**
   * What opens the chunks or the blob of a file.
   *
   * @throws BackupException UNAUTHENTICATED when it is encrypted and there is no key
   */
  public BlobCodec codec(ManifestFile file) {
    // Its content is encrypted in its own way, whatever mode the backup had (formats §3.3).
    if (file.crypt() != CryptMode.ENCRYPT || file.name().equals(ArchiveName.WRAPPED_KEY)) {
      return BlobCodec.PLAIN;
    }
    if (key == null) {
      throw new BackupException(Kind.UNAUTHENTICATED, where(file) + " is encrypted")
          .advise("Give the key file with --keyfile.");
    }
    return BlobCodec.encrypted(key, RANDOM);
  }

  /** The index of an archive, with the checksum that the manifest gives. */
  public ChunkIndex index(ManifestFile file) {
    return session.index(file.name(), file.csum());
  }

  /**
   * The content of an archive, to be closed by the caller.
   *
   * @param pool decodes: platform threads, as many as cores
   */
  public ArchiveDownload content(ManifestFile file, ChunkIndex index, Executor pool) {
    return new ArchiveDownload(session, index, codec(file), pool, where(file));
  }

  /**
   * The chunks of an image in any order.
   *
   * @param pool decodes, and takes what was decoded
   */
  public ImageDownload image(ManifestFile file, Executor pool) {
    return new ImageDownload(session, index(file), codec(file), pool, where(file));
  }

  /**
   * The content of an archive at any position; chunks are fetched as they are asked for or
   * expected.
   *
   * @param pool decodes what is fetched ahead: platform threads, as many as cores
   */
  public ByteSource source(ManifestFile file, Executor pool) {
    ChunkDecoder decoder = new ChunkDecoder(codec(file), where(file));
    return new ChunkedSource(index(file), new SessionChunks(session, decoder, pool));
  }

  /**
   * The archive of a directory, in one stream or split.
   *
   * @param name in one stream, {@code root.pxar.didx}
   */
  public PxarFiles pxar(ArchiveName name) {
    return PxarFiles.find(this, name);
  }

  /** The content of a blob. */
  public byte[] blob(ManifestFile file) {
    BlobCodec codec = codec(file);
    byte[] encoded = session.download(file.name());
    Digest found = Digest.sha256(encoded);
    if (!found.equals(file.csum())) {
      throw BackupException.corrupt(
          where(file) + " has digest " + found + ", its manifest says " + file.csum());
    }
    try {
      return codec.decode(encoded, encoded.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
    } catch (BackupException e) {
      throw new BackupException(Kind.CORRUPT_DATA, where(file) + ": " + e.text(), e).withFactsOf(e);
    }
  }

  /** For errors: the snapshot and the file. */
  String where(ManifestFile file) {
    return manifest.snapshot() + "/" + file.name();
  }
}
