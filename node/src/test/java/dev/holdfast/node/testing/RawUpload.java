package dev.holdfast.node.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A backup call by call, over a {@link RawSession}. What has {@code ok} in its name must succeed;
 * the others give the answer, whatever it is.
 */
public final class RawUpload {
  private static final int DYNAMIC_ENTRY_BYTES = 40;

  private final RawSession session;
  private final SnapshotId snapshot;
  private final List<ManifestFile> files = new ArrayList<>();

  public RawUpload(RawSession session, SnapshotId snapshot) {
    this.session = session;
    this.snapshot = snapshot;
  }

  public StreamAnswers.Answer call(String head) throws IOException {
    return session.call(head);
  }

  /** Returns the text of a success. */
  public String ok(String head) throws IOException {
    return ok(head, new byte[0]);
  }

  public String ok(String head, byte[] body) throws IOException {
    StreamAnswers.Answer answer = session.call(head, null, body);
    assertThat(answer.status()).as("%s: %s", head, answer.text()).isEqualTo("200");
    return answer.text();
  }

  /** Returns the number of the new index. */
  public int okDynamicIndex(String name) throws IOException {
    return number(ok("POST /dynamic_index?archive-name=" + name));
  }

  /** Returns the number of the new index. */
  public int okFixedIndex(String name, String more) throws IOException {
    return number(ok("POST /fixed_index?archive-name=" + name + more));
  }

  private static int number(String answer) throws IOException {
    return new JsonMapper().readTree(answer).path("data").intValue();
  }

  /** Uploads a chunk that is not compressed; returns its digest. */
  public Digest okChunk(String kind, int wid, byte[] plain) throws IOException {
    byte[] encoded = encoded(plain);
    Digest digest = Digest.sha256(plain);
    ok(chunkCall(kind, wid, digest, plain.length, encoded.length), encoded);
    return digest;
  }

  public static byte[] encoded(byte[] plain) {
    return DataBlob.encode(plain, 0, plain.length, false);
  }

  public static String chunkCall(
      String kind, int wid, Digest digest, int plainBytes, int encodedBytes) {
    return "POST /"
        + kind
        + "_chunk?wid="
        + wid
        + "&digest="
        + digest.hex()
        + "&size="
        + plainBytes
        + "&encoded-size="
        + encodedBytes;
  }

  /** The call that appends one chunk at its start. */
  public static String append(String kind, int wid, Digest digest, long offset) {
    return "PUT /"
        + kind
        + "_index?wid="
        + wid
        + "&digest-list="
        + digest.hex()
        + "&offset-list="
        + offset;
  }

  public static String close(String kind, int wid, int chunks, long bytes, Digest csum) {
    return "POST /"
        + kind
        + "_close?wid="
        + wid
        + "&chunk-count="
        + chunks
        + "&size="
        + bytes
        + "&csum="
        + csum.hex();
  }

  /** The checksum of a dynamic index of one chunk. */
  public static Digest checksumOfOne(byte[] plain) {
    return Digest.sha256(
        ByteBuffer.allocate(DYNAMIC_ENTRY_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(plain.length)
            .put(Digest.sha256(plain).bytes())
            .array());
  }

  /** The checksum of a fixed index. */
  public static Digest checksum(Digest... digests) {
    ByteBuffer all = ByteBuffer.allocate(digests.length * 32);
    for (Digest digest : digests) {
      all.put(digest.bytes());
    }
    return Digest.sha256(all.array());
  }

  /** A whole archive of one chunk. */
  public void okArchive(String name, byte[] plain) throws IOException {
    int wid = okDynamicIndex(name);
    Digest digest = okChunk("dynamic", wid, plain);
    ok(append("dynamic", wid, digest, 0));
    ok(close("dynamic", wid, 1, plain.length, checksumOfOne(plain)));
    listed(name, plain.length, checksumOfOne(plain));
  }

  /** The manifest is to name an archive. */
  public void listed(String name, long bytes, Digest csum) {
    files.add(new ManifestFile(new ArchiveName(name), CryptMode.NONE, bytes, csum));
  }

  public void okBlob(String name, byte[] blob) throws IOException {
    ok("POST /blob?file-name=" + name + "&encoded-size=" + blob.length, blob);
  }

  public byte[] manifest() {
    return Manifest.of(snapshot, files).encodeBlob();
  }

  public void okManifest() throws IOException {
    okBlob(ArchiveName.MANIFEST.text(), manifest());
  }

  /** The manifest, and the finish. */
  public void okFinish() throws IOException {
    okManifest();
    ok("POST /finish");
  }
}
