package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.ChunkedSource;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A datastore of the vectors, unpacked, with the content of its archives. */
public record RecordedStore(Path base, BlobCodec codec) {
  public RecordedStore(Path base) {
    this(base, BlobCodec.PLAIN);
  }

  /** Encrypted snapshots are opened too. */
  public RecordedStore with(BlobCodec key) {
    return new RecordedStore(base, key);
  }

  /**
   * @param vector such as {@code pbs-4.2/datastore-split.tar.zst}
   */
  public static RecordedStore unpack(String vector, Path target) throws IOException {
    return new RecordedStore(Vectors.unpack(vector, target));
  }

  /**
   * @param path such as {@code host/split/2024-07-01T10:00:00Z/root.mpxar.didx}
   */
  public ByteSource archive(String path) {
    return new ChunkedSource(index(path), (digest, position, bytes) -> plain(digest, bytes));
  }

  public byte[] content(String path) throws IOException {
    ByteSource source = archive(path);
    return source.read(0, Math.toIntExact(source.bytes()));
  }

  public ChunkIndex index(String path) {
    Path file = base.resolve(path);
    return ChunkIndex.read(new LocalFiles(), file, new ArchiveName(file.getFileName().toString()));
  }

  public byte[] plain(Digest digest, int bytes) throws IOException {
    String hex = digest.hex();
    Path file = base.resolve(".chunks").resolve(hex.substring(0, 4)).resolve(hex);
    byte[] encoded = Files.readAllBytes(file);
    boolean encrypted = DataBlob.kind(encoded, encoded.length).encrypted();
    return (encrypted ? codec : BlobCodec.PLAIN).decode(encoded, encoded.length, bytes);
  }
}
