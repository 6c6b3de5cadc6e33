package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.ManifestSignature;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: backups that real clients encrypted or signed, restored by us. Every manifest of two
 * recorded datastores is checked with its key, every chunk and blob that it names is opened as its
 * crypt mode says, and is refused when damaged.
 */
class EncryptedVectorsTest {
  private final Path temporary;

  EncryptedVectorsTest(@TempDir Path temporary) {
    this.temporary = temporary;
  }

  @ParameterizedTest
  @ValueSource(strings = {"pbs-3.2.4/datastore-crypt", "pbs-4.2/datastore-splitcrypt"})
  void everySnapshotOpensWithItsKey(String name) throws IOException {
    JsonNode view = Vectors.json(name + ".json");
    Path store = Vectors.unpack(name + ".tar.zst", temporary);
    List<EncryptionKey> keys =
        List.of(TestKeys.recorded("key-none.json"), TestKeys.recorded("key-scrypt.json"));
    try (Stream<Path> all = Files.walk(store)) {
      List<Path> manifests =
          all.filter(path -> path.endsWith(ArchiveName.MANIFEST.text())).toList();
      assertThat(manifests).isNotEmpty();
      for (Path path : manifests) {
        Manifest manifest = Manifest.decodeBlob(Files.readAllBytes(path));
        EncryptionKey key = keyOf(manifest, keys);
        for (ManifestFile file : manifest.files()) {
          Path stored = path.resolveSibling(file.name().text());
          BlobCodec codec =
              file.crypt() == CryptMode.ENCRYPT && !file.name().equals(ArchiveName.WRAPPED_KEY)
                  ? BlobCodec.encrypted(key, FixedRandom.of(1))
                  : BlobCodec.PLAIN;
          if (file.name().isIndex()) {
            checkArchive(store, stored, file, codec, view);
          } else {
            byte[] blob = Files.readAllBytes(stored);
            assertThat(Digest.sha256(blob)).isEqualTo(file.csum());
            byte[] plain = codec.decode(blob, blob.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
            assertThat(plain).isNotEmpty();
            refusesDamage(blob, codec);
          }
        }
      }
    }
  }

  /** Also the client's log, which no manifest lists. */
  @ParameterizedTest
  @ValueSource(strings = {"pbs-3.2.4/datastore-crypt"})
  void encryptedClientLogOpens(String name) throws IOException {
    Path store = Vectors.unpack(name + ".tar.zst", temporary);
    byte[] log = Files.readAllBytes(store.resolve("host/enc/2024-06-05T10:00:00Z/client.log.blob"));
    BlobCodec codec = BlobCodec.encrypted(TestKeys.recorded("key-none.json"), FixedRandom.of(1));
    assertThat(codec.decode(log, log.length, 1000)).hasSize(log.length - 44);
  }

  private static EncryptionKey keyOf(Manifest manifest, List<EncryptionKey> keys) {
    String needed = manifest.keyFingerprint();
    if (needed == null) {
      ManifestSignature.check(manifest, null);
      assertThat(manifest.cryptMode()).isEqualTo(CryptMode.NONE);
      return keys.getFirst();
    }
    EncryptionKey key =
        keys.stream()
            .filter(each -> each.fingerprint().toString().equals(needed))
            .findFirst()
            .orElseThrow();
    assertThat(manifest.signed()).isTrue();
    ManifestSignature.check(manifest, key);
    return key;
  }

  private static void checkArchive(
      Path store, Path stored, ManifestFile file, BlobCodec codec, JsonNode view)
      throws IOException {
    ChunkIndex index = ChunkIndex.read(new LocalFiles(), stored, file.name());
    assertThat(index.checksum()).isEqualTo(file.csum());
    assertThat(index.contentBytes()).isEqualTo(file.size());
    for (int i = 0; i < index.chunkCount(); i++) {
      Digest digest = index.digest(i);
      String hex = digest.hex();
      byte[] chunk =
          Files.readAllBytes(store.resolve(".chunks/" + hex.substring(0, 4) + "/" + hex));
      byte[] plain = codec.decode(chunk, chunk.length, index.chunkBytes(i));
      assertThat(plain).hasSize(index.chunkBytes(i));
      assertThat(codec.digest(plain, 0, plain.length)).isEqualTo(digest);
      JsonNode recorded = view.path("chunks").path(hex).path("plain_sha256");
      if (recorded.isTextual()) {
        assertThat(Digest.sha256(plain).hex()).isEqualTo(recorded.asText());
      }
      byte[] ours = codec.encode(plain, 0, plain.length, true);
      assertThat(DataBlob.kind(ours, ours.length)).isEqualTo(DataBlob.kind(chunk, chunk.length));
      assertThat(codec.decode(ours, ours.length, plain.length)).isEqualTo(plain);
      refusesDamage(chunk, codec);
    }
  }

  /** Some bits of each part of the frame, and some lengths. */
  private static void refusesDamage(byte[] blob, BlobCodec codec) {
    int step = Math.max(1, blob.length / 40);
    for (int at = 0; at < blob.length; at += at < 44 ? 1 : step) {
      byte[] flipped = blob.clone();
      flipped[at] ^= (byte) (1 << (at % 8));
      assertThatThrownBy(() -> codec.decode(flipped, flipped.length, DataBlob.BLOB_PLAIN_BYTES_MAX))
          .as("byte %d of %d", at, blob.length)
          .isInstanceOf(BackupException.class);
      byte[] shorter = Arrays.copyOf(blob, at);
      assertThatThrownBy(() -> codec.decode(shorter, shorter.length, DataBlob.BLOB_PLAIN_BYTES_MAX))
          .as("%d of %d bytes", at, blob.length)
          .isInstanceOf(BackupException.class);
    }
  }
}
