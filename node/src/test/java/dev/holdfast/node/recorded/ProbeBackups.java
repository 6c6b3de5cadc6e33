package dev.holdfast.node.recorded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.RawSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  private static final ArchiveName ARCHIVE = new ArchiveName("x.pxar.didx");

  private static final Map<String, byte[]> CHUNKS = new HashMap<>();

  static {
    IMAGE.forEach(chunk -> CHUNKS.put(Digest.sha256(chunk).hex(), plain(chunk)));
  }

  private ProbeBackups() {}

  private static byte[] filled(char with) {
    byte[] chunk = new byte[CHUNK_BYTES];
    Arrays.fill(chunk, (byte) with);
    return chunk;
  }

  private static byte[] plain(byte[] content) {
    return DataBlob.encode(content, 0, content.length, false);
  }

  /** The encoded chunk of a digest that the lines name. */
  static byte @Nullable [] chunk(String digest) {
    return CHUNKS.get(digest);
  }

  /** Eight bytes of content, twenty in all. */
  static byte[] smallBlob() {
    return plain("contents".getBytes(StandardCharsets.US_ASCII));
  }

  /** Lists the image. */
  static byte[] manifest(SnapshotId snapshot) {
    return Manifest.of(snapshot, List.of(IMAGE_FILE)).encodeBlob();
  }

  /** All of the image's chunks; the index is the session's first. */
  static void uploadImage(RawSession session) throws IOException {
    ok(session, "POST /fixed_index?archive-name=g.img.fidx", new byte[0]);
    for (byte[] chunk : IMAGE) {
      uploadChunk(session, "fixed", chunk);
    }
  }

  private static void uploadChunk(RawSession session, String kind, byte[] chunk)
      throws IOException {
    byte[] encoded = plain(chunk);
    ok(
        session,
        "POST /"
            + kind
            + "_chunk?wid=1&digest="
            + Digest.sha256(chunk).hex()
            + "&size="
            + chunk.length
            + "&encoded-size="
            + encoded.length,
        encoded);
  }

  /** An archive of one chunk and the manifest: everything but the finish. */
  static void upload(RawSession session, SnapshotId snapshot) throws IOException {
    byte[] content = snapshot.toString().repeat(20).getBytes(StandardCharsets.UTF_8);
    ok(session, "POST /dynamic_index?archive-name=" + ARCHIVE, new byte[0]);
    uploadChunk(session, "dynamic", content);
    Digest digest = Digest.sha256(content);
    ok(
        session,
        "PUT /dynamic_index?wid=1&digest-list=" + digest.hex() + "&offset-list=0",
        new byte[0]);
    Digest csum =
        Digest.sha256(
            ByteBuffer.allocate(40)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(content.length)
                .put(digest.bytes())
                .array());
    ok(
        session,
        "POST /dynamic_close?wid=1&chunk-count=1&size=" + content.length + "&csum=" + csum.hex(),
        new byte[0]);
    byte[] manifest =
        Manifest.of(
                snapshot, List.of(new ManifestFile(ARCHIVE, CryptMode.NONE, content.length, csum)))
            .encodeBlob();
    ok(session, "POST /blob?file-name=index.json.blob&encoded-size=" + manifest.length, manifest);
  }

  static void finish(RawSession session) throws IOException {
    ok(session, "POST /finish", new byte[0]);
  }

  private static void ok(RawSession session, String head, byte[] body) throws IOException {
    var answer = session.call(head, null, body);
    assertThat(answer.status()).as("%s: %s", head, answer.text()).isEqualTo("200");
  }
}
