package dev.holdfast.node.recorded;

import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.RawUpload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the recorded probes uploaded: bodies that their lines have only the sizes and digests of,
 * and backups of one small archive that stand in no line.
 */
final class ProbeBackups {
  static final int CHUNK_BYTES = 4 << 20;

  /** The plain chunks of the image that the index probes upload. */
  static final List<byte[]> IMAGE =
      List.of(filled('A'), filled('B'), "tail".repeat(100).getBytes(StandardCharsets.US_ASCII));

  private static final ManifestFile IMAGE_FILE =
      new ManifestFile(
          new ArchiveName("g.img.fidx"),
          CryptMode.NONE,
          2 * CHUNK_BYTES + 400,
          Digest.parse("6ed18e374f4e3d4103511cb88095562f7a7f22a0af70ca2d2d61fc57fe8dd803"));

  private static final Map<String, byte[]> CHUNKS = new HashMap<>();

  static {
    IMAGE.forEach(chunk -> CHUNKS.put(Digest.sha256(chunk).hex(), RawUpload.encoded(chunk)));
  }

  private ProbeBackups() {}

  private static byte[] filled(char with) {
    byte[] chunk = new byte[CHUNK_BYTES];
    Arrays.fill(chunk, (byte) with);
    return chunk;
  }

  /** The encoded chunk of a digest that the lines name. */
  static byte @Nullable [] chunk(String digest) {
    return CHUNKS.get(digest);
  }

  /** Eight bytes of content, twenty in all. */
  static byte[] smallBlob() {
    return RawUpload.encoded("contents".getBytes(StandardCharsets.US_ASCII));
  }

  /** Lists the image. */
  static byte[] manifest(SnapshotId snapshot) {
    return Manifest.of(snapshot, List.of(IMAGE_FILE)).encodeBlob();
  }

  /** All of the image's chunks; the index is the session's first. */
  static void uploadImage(RawUpload upload) throws IOException {
    int wid = upload.okFixedIndex("g.img.fidx", "");
    for (byte[] chunk : IMAGE) {
      var unused = upload.okChunk("fixed", wid, chunk);
    }
  }

  /** An archive of one chunk and the manifest: everything but the finish. */
  static void upload(RawUpload upload, SnapshotId snapshot) throws IOException {
    upload.okArchive(
        "x.pxar.didx", snapshot.toString().repeat(20).getBytes(StandardCharsets.UTF_8));
    upload.okManifest();
  }
}
