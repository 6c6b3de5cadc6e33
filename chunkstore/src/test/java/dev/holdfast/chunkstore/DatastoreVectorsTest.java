package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.BlobKind;
import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.DynamicIndex;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndex;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: what real servers of two generations laid out must mean to us what it meant to them,
 * and what we write must be what they would have written. Every index, blob and chunk of four
 * recorded datastores is compared with its decoded view.
 */
class DatastoreVectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  private final Path temporary;

  DatastoreVectorsTest(@TempDir Path temporary) {
    this.temporary = temporary;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pbs-3.2.4/datastore-plain",
        "pbs-3.2.4/datastore-crypt",
        "pbs-4.2/datastore-split",
        "pbs-4.2/datastore-splitcrypt"
      })
  void everyFileMeansWhatItsDecodedViewSays(String name) throws IOException {
    JsonNode view = Vectors.json(name + ".json");
    Path store = Vectors.unpack(name + ".tar.zst", Files.createDirectory(temporary.resolve("s")));
    Map<Digest, Integer> plainBytes = new HashMap<>();
    assertThat(view.path("files").size()).isPositive();
    for (Map.Entry<String, JsonNode> entry : view.path("files").properties()) {
      Path file = store.resolve(entry.getKey());
      assertThat(file).as(entry.getKey()).hasSize(entry.getValue().path("file_size").asLong());
      switch (entry.getValue().path("kind").asText()) {
        case "dynamic" -> checkDynamic(file, entry.getValue(), plainBytes);
        case "fixed" -> checkFixed(file, entry.getValue(), plainBytes);
        case "blob" -> checkBlob(file, entry.getValue());
        default -> throw new AssertionError("unknown kind: " + entry);
      }
    }
    assertThat(view.path("chunks").size()).isPositive();
    for (Map.Entry<String, JsonNode> entry : view.path("chunks").properties()) {
      checkChunk(store, Digest.parse(entry.getKey()), entry.getValue(), plainBytes);
    }
  }

  private void checkDynamic(Path file, JsonNode view, Map<Digest, Integer> plainBytes)
      throws IOException {
    DynamicIndex index = (DynamicIndex) checkIndex(file, view, plainBytes);
    JsonNode chunks = view.path("chunks");
    assertThat(index.chunkCount()).isEqualTo(chunks.size());
    Path copy = temporary.resolve("copy.didx");
    try (DynamicIndexWriter writer =
        DynamicIndexWriter.create(new LocalFiles(), copy, index.uuid(), index.ctime())) {
      for (int i = 0; i < index.chunkCount(); i++) {
        assertThat(index.end(i)).isEqualTo(chunks.path(i).path(0).asLong());
        assertThat(index.digest(i).hex()).isEqualTo(chunks.path(i).path(1).asText());
        writer.append(index.end(i), index.digest(i));
      }
      assertThat(writer.checksum()).isEqualTo(index.checksum());
      writer.finish();
    }
    assertThat(copy).hasSameBinaryContentAs(file);
  }

  private void checkFixed(Path file, JsonNode view, Map<Digest, Integer> plainBytes)
      throws IOException {
    FixedIndex index = (FixedIndex) checkIndex(file, view, plainBytes);
    assertThat(index.contentBytes()).isEqualTo(view.path("size").asLong());
    assertThat(index.chunkSizeBytes()).isEqualTo(view.path("chunk_size").asInt());
    assertThat(index.chunkCount()).isEqualTo(view.path("digests").size());
    Path copy = temporary.resolve("copy.fidx");
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(
            new LocalFiles(),
            copy,
            index.uuid(),
            index.ctime(),
            index.contentBytes(),
            index.chunkSizeBytes())) {
      for (int i = index.chunkCount() - 1; i >= 0; i--) {
        assertThat(index.digest(i).hex()).isEqualTo(view.path("digests").path(i).asText());
        writer.set(index.start(i), index.chunkBytes(i), index.digest(i));
      }
      assertThat(writer.checksum()).isEqualTo(index.checksum());
      writer.finish();
    }
    assertThat(copy).hasSameBinaryContentAs(file);
  }

  private static ChunkIndex checkIndex(Path file, JsonNode view, Map<Digest, Integer> plainBytes) {
    ArchiveName name = new ArchiveName(String.valueOf(file.getFileName()));
    ChunkIndex index = ChunkIndex.read(new LocalFiles(), file, name);
    assertThat(index.uuid().toString().replace("-", "")).isEqualTo(view.path("uuid").asText());
    assertThat(index.ctime()).isEqualTo(view.path("ctime").asLong());
    assertThat(index.checksum().hex()).isEqualTo(view.path("csum").asText());
    for (int i = 0; i < index.chunkCount(); i++) {
      plainBytes.put(index.digest(i), index.chunkBytes(i));
      assertThat(index.chunkAt(index.start(i))).isEqualTo(i);
      assertThat(index.chunkAt(index.end(i) - 1)).isEqualTo(i);
    }
    return index;
  }

  private static void checkBlob(Path file, JsonNode view) throws IOException {
    byte[] blob = Files.readAllBytes(file);
    assertThat(Digest.sha256(blob).hex()).isEqualTo(view.path("sha256").asText());
    BlobKind kind = checkHeader(blob, view);
    if (kind.encrypted()) {
      assertThat(HEX.formatHex(blob, 12, 28)).isEqualTo(view.path("iv").asText());
      assertThat(HEX.formatHex(blob, 28, 44)).isEqualTo(view.path("tag").asText());
      assertThatThrownBy(() -> DataBlob.decode(blob, blob.length, DataBlob.BLOB_PLAIN_BYTES_MAX))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("is encrypted");
      return;
    }
    byte[] plain = DataBlob.decode(blob, blob.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
    assertThat(plain).hasSize(view.path("payload_size").asInt());
    assertThat(Digest.sha256(plain).hex()).isEqualTo(view.path("payload_sha256").asText());
    if (view.has("manifest_text")) {
      checkManifest(file, blob, plain, view);
    }
  }

  private static void checkManifest(Path file, byte[] blob, byte[] plain, JsonNode view)
      throws IOException {
    assertThat(new String(plain, StandardCharsets.UTF_8))
        .isEqualTo(view.path("manifest_text").asText());
    Manifest manifest = Manifest.decodeBlob(blob);
    assertThat(manifest.json()).isEqualTo(plain);
    assertThat(Manifest.decodeBlob(manifest.encodeBlob())).isEqualTo(manifest);
    JsonNode json = view.path("manifest_json");
    SnapshotId snapshot = manifest.snapshot();
    assertThat(snapshot.group().type().text()).isEqualTo(json.path("backup-type").asText());
    assertThat(snapshot.group().id()).isEqualTo(json.path("backup-id").asText());
    assertThat(snapshot.time()).isEqualTo(json.path("backup-time").asLong());
    assertThat(manifest.signed()).isEqualTo(json.path("signature").isTextual());
    JsonNode unprotected = json.path("unprotected");
    assertThat(manifest.notes().orElse(null)).isEqualTo(unprotected.path("notes").textValue());
    assertThat(manifest.keyFingerprint())
        .isEqualTo(unprotected.path("key-fingerprint").textValue());
    assertThat(manifest.verifyState() != null).isEqualTo(unprotected.has("verify_state"));
    assertThat(manifest.files()).hasSize(json.path("files").size());
    for (int i = 0; i < manifest.files().size(); i++) {
      checkManifestFile(file, manifest.files().get(i), json.path("files").path(i));
    }
  }

  private static void checkManifestFile(Path manifest, ManifestFile file, JsonNode json)
      throws IOException {
    assertThat(file.name().text()).isEqualTo(json.path("filename").asText());
    assertThat(file.crypt().text()).isEqualTo(json.path("crypt-mode").asText());
    assertThat(file.size()).isEqualTo(json.path("size").asLong());
    assertThat(file.csum().hex()).isEqualTo(json.path("csum").asText());
    Path beside = manifest.resolveSibling(file.name().text());
    if (file.name().isIndex()) {
      ChunkIndex index = ChunkIndex.read(new LocalFiles(), beside, file.name(), file.csum());
      assertThat(index.contentBytes()).isEqualTo(file.size());
    } else {
      byte[] blob = Files.readAllBytes(beside);
      assertThat((long) blob.length).isEqualTo(file.size());
      assertThat(Digest.sha256(blob)).isEqualTo(file.csum());
    }
  }

  private static void checkChunk(
      Path store, Digest digest, JsonNode view, Map<Digest, Integer> plainBytes)
      throws IOException {
    String hex = digest.hex();
    byte[] chunk = Files.readAllBytes(store.resolve(".chunks/" + hex.substring(0, 4) + "/" + hex));
    assertThat(chunk).as(hex).hasSize(view.path("file_size").asInt());
    BlobKind kind = checkHeader(chunk, view);
    int plain = view.path("plain_size").asInt();
    assertThat(plainBytes.getOrDefault(digest, plain)).isEqualTo(plain);
    ChunkCheck.stored(chunk, chunk.length, digest, plain);
    ChunkCheck.stored(chunk, chunk.length, digest, ChunkCheck.LENGTH_UNKNOWN);
    byte[] uploaded = chunk.clone();
    uploaded[8] ^= 1; // the CRC that comes with an upload does not count
    ChunkCheck.upload(uploaded, uploaded.length, digest, plain);
    assertThat(uploaded).isEqualTo(chunk);
    if (!kind.encrypted()) {
      byte[] content = DataBlob.decode(chunk, chunk.length, plain);
      byte[] ours = DataBlob.encode(content, 0, content.length, true);
      assertThat(DataBlob.kind(ours, ours.length)).isEqualTo(kind);
      ChunkCheck.stored(ours, ours.length, digest, plain);
    }
  }

  private static BlobKind checkHeader(byte[] blob, JsonNode view) {
    assertThat(HEX.formatHex(blob, 0, 8)).isEqualTo(view.path("magic").asText());
    BlobKind kind = DataBlob.kind(blob, blob.length);
    assertThat(kind.headerBytes()).isEqualTo(view.path("crc_covers_from_offset").path(0).asInt());
    assertThat(HEX.formatHex(blob, 8, 12)).isEqualTo(view.path("crc").asText());
    DataBlob.checkCrc(blob, blob.length);
    byte[] again = blob.clone();
    again[8] ^= 1;
    DataBlob.writeCrc(again, again.length);
    assertThat(again).isEqualTo(blob);
    return kind;
  }
}
