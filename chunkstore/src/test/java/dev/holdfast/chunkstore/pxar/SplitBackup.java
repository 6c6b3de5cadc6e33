package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.chunker.PayloadChunker;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.ChunkedSource;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Saves a tree as a split archive, whose chunks stay in memory, and restores it. */
final class SplitBackup implements PayloadSink {
  /** Small, so that small trees have many chunks: 4 to 64 KiB. */
  static final int AVERAGE_BYTES = 16 << 10;

  private static final ArchiveName PAYLOAD = new ArchiveName("root.ppxar.didx");

  private final Map<Digest, byte[]> chunks;
  private final PayloadChunker chunker = new PayloadChunker(AVERAGE_BYTES);
  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final ByteArrayOutputStream chunk = new ByteArrayOutputStream();
  private final List<Digest> digests = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private long position;
  private long freshBytes;
  private long reusedBytes;

  private SplitBackup(Map<Digest, byte[]> chunks) {
    this.chunks = chunks;
  }

  /**
   * @param previous the backup before, or null to read everything
   */
  static SplitBackup of(Path tree, @Nullable SplitBackup previous, Path temp) throws IOException {
    return of(tree, previous, temp, TreeBackup.Options.DEFAULT);
  }

  static SplitBackup of(
      Path tree, @Nullable SplitBackup previous, Path temp, TreeBackup.Options options)
      throws IOException {
    SplitBackup backup = new SplitBackup(previous == null ? new HashMap<>() : previous.chunks);
    PreviousArchive before =
        previous == null
            ? null
            : new PreviousArchive(previous.accessor(temp), previous.index(temp));
    TreeBackup.write(
        tree,
        new ArchiveTarget.Split(backup.metadata, backup, before),
        options,
        new TreeListener() {
          @Override
          public void warning(String text) {
            backup.warnings.add(text);
          }
        },
        PxarEntrySink.NONE);
    backup.endChunk();
    return backup;
  }

  byte[] metadata() {
    return metadata.toByteArray();
  }

  /** Bytes of the payload stream that were written anew. */
  long freshBytes() {
    return freshBytes;
  }

  /** Bytes of chunks that were taken over. */
  long reusedBytes() {
    return reusedBytes;
  }

  List<String> warnings() {
    return warnings;
  }

  byte[] payload() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    digests.forEach(digest -> all.writeBytes(Objects.requireNonNull(chunks.get(digest))));
    return all.toByteArray();
  }

  ChunkIndex index(Path temp) throws IOException {
    Path file = Files.createTempDirectory(temp, "index").resolve(PAYLOAD.text());
    try (DynamicIndexWriter writer =
        DynamicIndexWriter.create(new LocalFiles(), file, new UUID(1, 2), 0)) {
      long end = 0;
      for (Digest digest : digests) {
        end += Objects.requireNonNull(chunks.get(digest)).length;
        writer.append(end, digest);
      }
      writer.finish();
    }
    return ChunkIndex.read(new LocalFiles(), file, PAYLOAD);
  }

  PxarAccessor accessor(Path temp) throws IOException {
    ByteSource payload =
        new ChunkedSource(
            index(temp), (digest, position, bytes) -> Objects.requireNonNull(chunks.get(digest)));
    return PxarAccessor.open(ByteSource.of(metadata()), "root.mpxar.didx", payload);
  }

  TreeSummary restore(Path target) throws IOException {
    PxarReader reader =
        new PxarReader(
            new ByteArrayInputStream(metadata()),
            "root.mpxar.didx",
            new PayloadStream(new ByteArrayInputStream(payload()), PAYLOAD.text()));
    return TreeRestore.restore(reader, target, TreeRestore.Options.DEFAULT, TreeListener.NONE);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      int cut = chunker.scan(bytes, at, end - at);
      int taken = cut == 0 ? end - at : cut;
      chunk.write(bytes, at, taken);
      at += taken;
      if (cut != 0) {
        endChunk();
      }
    }
    position += length;
    freshBytes += length;
  }

  @Override
  public void fileBegins(long start) {
    chunker.suggest(start);
  }

  @Override
  public void reuse(Digest digest, int bytes) {
    endChunk();
    if (Objects.requireNonNull(chunks.get(digest)).length != bytes) {
      throw new AssertionError("chunk " + digest + " has not " + bytes + " bytes");
    }
    digests.add(digest);
    position += bytes;
    reusedBytes += bytes;
    chunker.restart(position);
  }

  private void endChunk() {
    if (chunk.size() > 0) {
      byte[] plain = chunk.toByteArray();
      Digest digest = Digest.sha256(plain);
      chunks.put(digest, plain);
      digests.add(digest);
      chunk.reset();
    }
  }
}
