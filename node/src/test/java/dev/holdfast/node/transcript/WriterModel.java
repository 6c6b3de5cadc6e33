package dev.holdfast.node.transcript;

import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.node.transcript.ServerModel.Chunk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An index that is being written: what may be appended, and what its close must say. */
final class WriterModel {
  private static final int FIXED_BYTES = 4 << 20;

  private final String name;

  /** -1 for a dynamic index, which is as long as its chunks. */
  private final long fixedBytes;

  private final TreeMap<Long, Chunk> chunks = new TreeMap<>();
  private long bytes;

  private WriterModel(String name, long fixedBytes) {
    this.name = name;
    this.fixedBytes = fixedBytes;
  }

  static WriterModel of(Passed.Asked create) {
    Map<String, String> query = create.query();
    long size = create.path().equals("/fixed_index") ? Long.parseLong(query.get("size")) : -1;
    return new WriterModel(query.getOrDefault("archive-name", ""), size);
  }

  String name() {
    return name;
  }

  List<Chunk> chunks() {
    return List.copyOf(chunks.values());
  }

  private boolean fixed() {
    return fixedBytes >= 0;
  }

  private void sameKind(Passed.Asked asked) {
    Unacceptable.unless(
        asked.path().startsWith(fixed() ? "/fixed_" : "/dynamic_"),
        "%s for %s, which is of the other kind",
        asked.call(),
        name);
  }

  /** Whether a chunk of this size may be uploaded for it. */
  void accepts(Passed.Asked asked, int chunkBytes) {
    sameKind(asked);
    Unacceptable.unless(
        !fixed() || chunkBytes <= FIXED_BYTES,
        "fixed writer '%s' - got large chunk (%d > %d",
        name,
        chunkBytes,
        FIXED_BYTES);
  }

  void append(Passed.Asked asked, long offset, Chunk chunk) {
    sameKind(asked);
    if (fixed()) {
      long end = offset + chunk.bytes();
      Unacceptable.unless(offset % FIXED_BYTES == 0, "got unaligned chunk (pos = %d)", offset);
      Unacceptable.unless(end <= fixedBytes, "chunk data exceeds size (%d >= %d)", end, fixedBytes);
      Unacceptable.unless(
          chunk.bytes() == FIXED_BYTES || end == fixedBytes,
          "chunk with unexpected length (%d != %d",
          chunk.bytes(),
          FIXED_BYTES);
    } else {
      Unacceptable.unless(
          offset == bytes,
          "dynamic writer '%s' append chunk failed - got strange chunk offset (%d != %d)",
          name,
          bytes,
          offset);
    }
    Unacceptable.unless(
        chunks.put(offset, chunk) == null, "%s has its chunk at %d already", name, offset);
    bytes += chunk.bytes();
  }

  void close(Passed.Asked asked, Parameters parameters) {
    sameKind(asked);
    long count = parameters.number("chunk-count", 1, Long.MAX_VALUE);
    Unacceptable.unless(
        count == chunks.size(),
        "writer '%s' close failed - unexpected chunk count (%d != %d)",
        name,
        chunks.size(),
        count);
    long size = parameters.number("size", 1, Long.MAX_VALUE);
    Unacceptable.unless(
        size == bytes && (!fixed() || size == fixedBytes),
        "writer '%s' close failed - unexpected file size (%d != %d)",
        name,
        bytes,
        size);
    Unacceptable.unless(
        parameters.text("csum").equals(checksum()),
        "writer '%s' close failed - got unexpected checksum",
        name);
  }

  /** Over the digests, in a dynamic index each behind the end of its chunk (§0.3). */
  private String checksum() {
    MessageDigest checksum = Digest.sha256();
    chunks.forEach(
        (offset, chunk) -> {
          if (!fixed()) {
            ByteBuffer end = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            checksum.update(end.putLong(offset + chunk.bytes()).array());
          }
          checksum.update(Digest.parse(chunk.digest()).bytes());
        });
    return Digest.of(checksum.digest()).hex();
  }
}
