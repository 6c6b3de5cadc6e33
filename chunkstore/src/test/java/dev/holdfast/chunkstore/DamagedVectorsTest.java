package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.crypto.MasterPrivateKey;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: a bit that falls over on a disk must not come back as content. Every file that a real
 * server stored is damaged in place and looked at as a verification does: a bit in every byte and
 * every length of small files, a sample of large ones. (Encrypted chunks: {@code
 * EncryptedVectorsTest}.)
 */
class DamagedVectorsTest {
  private static final long SEED = 20_261_125L;
  private static final int SMALL_BYTES = 2048;
  private static final int SAMPLES = 64;
  private static final int SLOW_SAMPLES = 12;
  private static final int INDEX_HEADER_BYTES = 4096;

  /** UUID and time of an index say nothing of its content. */
  private static final int FREE_FROM = 8;

  private static final int FREE_TO = 32;

  /** Behind it the header of a dynamic index is empty. */
  private static final int DYNAMIC_USED_BYTES = 64;

  private static final int FIXED_USED_BYTES = 80;

  private final Random random = new Random(SEED);
  @TempDir private Path temporary = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pbs-3.2.4/datastore-plain",
        "pbs-3.2.4/datastore-crypt",
        "pbs-4.2/datastore-split",
        "pbs-4.2/datastore-splitcrypt"
      })
  void aFlippedBitAndACutOfAFileOfASnapshotAreFoundWithTheirPlace(String name) throws IOException {
    Path base = Vectors.unpack(name + ".tar.zst", temporary);
    try (Datastore store = TestStores.open(base)) {
      SnapshotVerifier verifier = new SnapshotVerifier(store); // knows good chunks after the first
      for (String path : fieldNames(Vectors.json(name + ".json").path("files"))) {
        if (!path.endsWith("client.log.blob")) { // no manifest lists it
          damage(verifier, base, path);
        }
      }
    }
  }

  private static List<String> fieldNames(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private void damage(SnapshotVerifier verifier, Path base, String path) throws IOException {
    Path file = base.resolve(path);
    byte[] good = Files.readAllBytes(file);
    Namespace namespace = namespace(path);
    String rest = path.replaceFirst("^(ns/[^/]+/)*", "");
    SnapshotId snapshot = SnapshotId.parse(rest.substring(0, rest.lastIndexOf('/')));
    assertThat(verifier.verify(namespace, snapshot)).isEmpty();
    String place = file.endsWith(ArchiveName.MANIFEST.text()) ? snapshot + ": " : rest + ": ";
    for (int at : places(file, good.length)) {
      byte[] flipped = good.clone();
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, flipped);
      assertThat(verifier.verify(namespace, snapshot))
          .as("byte %d of %s, seed %d", at, path, SEED)
          .isNotEmpty()
          .allMatch(problem -> problem.startsWith(place));
    }
    for (int length : sample(good.length, SMALL_BYTES)) {
      Files.write(file, Arrays.copyOf(good, length));
      assertThat(verifier.verify(namespace, snapshot))
          .as("%d of %d bytes of %s, seed %d", length, good.length, path, SEED)
          .isNotEmpty()
          .allMatch(problem -> problem.startsWith(place));
    }
    Files.write(file, good);
  }

  private static Namespace namespace(String path) {
    String text = path.replaceFirst("(^|/)(host|vm|ct)/[^/]+/[^/]+/[^/]+$", "");
    return Namespace.parse(text.replaceFirst("^ns/", "").replace("/ns/", "/"));
  }

  private int[] places(Path file, int bytes) {
    String name = file.getFileName().toString();
    if (!new ArchiveName(name).isIndex()) {
      return sample(bytes, SMALL_BYTES);
    }
    int used = name.endsWith(".fidx") ? FIXED_USED_BYTES : DYNAMIC_USED_BYTES;
    return IntStream.concat(
            IntStream.range(0, used).filter(at -> at < FREE_FROM || at >= FREE_TO),
            Arrays.stream(sample(bytes - INDEX_HEADER_BYTES, SMALL_BYTES))
                .map(at -> at + INDEX_HEADER_BYTES))
        .toArray();
  }

  /** All numbers below a small bound, some below a large one. */
  private int[] sample(int bound, int small) {
    return bound <= small
        ? IntStream.range(0, bound).toArray()
        : random.ints(SAMPLES, 0, bound).toArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pbs-3.2.4/datastore-plain", "pbs-4.2/datastore-split"})
  void aFlippedBitAndACutOfAChunkAreFound(String name) throws IOException {
    Path base = Vectors.unpack(name + ".tar.zst", temporary);
    for (String hex : fieldNames(Vectors.json(name + ".json").path("chunks"))) {
      byte[] good = Files.readAllBytes(chunk(base, hex));
      Digest digest = Digest.parse(hex);
      for (int at : IntStream.concat(header(), Arrays.stream(some(good.length))).toArray()) {
        byte[] flipped = good.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        refused(digest, flipped, at, good.length);
      }
      for (int length : some(good.length)) {
        refused(digest, Arrays.copyOf(good, length), length, good.length);
      }
    }
  }

  private static IntStream header() {
    return IntStream.range(0, DataBlob.HEADER_BYTES);
  }

  private int[] some(int bound) {
    return random.ints(SLOW_SAMPLES, 0, bound).toArray();
  }

  private static Path chunk(Path base, String hex) {
    return base.resolve(".chunks").resolve(hex.substring(0, 4)).resolve(hex);
  }

  private static void refused(Digest digest, byte[] damaged, int at, int bytes) {
    assertThatThrownBy(
            () -> ChunkCheck.stored(damaged, damaged.length, digest, ChunkCheck.LENGTH_UNKNOWN))
        .as("at %d of %d bytes of chunk %s, seed %d", at, bytes, digest, SEED)
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("chunk " + digest + " is corrupt");
  }

  @Test
  void aDamagedChunkIsToldWithItsArchiveAndOffset() throws IOException {
    Path base = Vectors.unpack("pbs-4.2/datastore-split.tar.zst", temporary);
    SnapshotId snapshot = SnapshotId.parse("host/split/2024-07-01T10:00:00Z");
    ArchiveName name = new ArchiveName("root.ppxar.didx");
    try (Datastore store = TestStores.open(base)) {
      ChunkIndex index = store.readIndex(Namespace.ROOT, snapshot, name);
      int number = index.chunkCount() / 2;
      Path chunk = chunk(base, index.digest(number).hex());
      byte[] damaged = Files.readAllBytes(chunk);
      damaged[damaged.length / 2] ^= 1;
      Files.write(chunk, damaged);
      assertThat(new SnapshotVerifier(store).verify(Namespace.ROOT, snapshot))
          .singleElement()
          .asString()
          .startsWith(
              snapshot
                  + "/root.ppxar.didx: chunk "
                  + number
                  + " ("
                  + index.digest(number)
                  + ") at offset "
                  + index.start(number)
                  + ": ");
    }
  }

  /** What says nothing of the key, as its times, may change. */
  @ParameterizedTest
  @ValueSource(strings = {"key-none.json", "key-scrypt.json", "key-pbkdf2.json"})
  void aFlippedBitOfAKeyFileIsFoundOrChangesNoKey(String name) throws IOException {
    byte[] good = Files.readAllBytes(Vectors.file("pbs-3.2.4/" + name));
    EncryptionKey key = TestKeys.recorded(name);
    boolean fast = name.equals("key-none.json");
    int opened = 0;
    int[] places = fast ? IntStream.range(0, good.length).toArray() : some(good.length);
    for (int at : places) {
      byte[] flipped = good.clone();
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      try {
        assertThat(KeyFileJson.parse(flipped).open(() -> TestKeys.PASSPHRASE))
            .as("byte %d of %s, seed %d", at, name, SEED)
            .isEqualTo(key);
        opened++;
      } catch (BackupException e) {
        assertThat(e.kind()).isNotEqualTo(BackupException.Kind.INTERNAL);
      }
    }
    assertThat(opened).isLessThan(places.length / 2 + 1);
    for (int length : sample(good.length, fast ? SMALL_BYTES : 0)) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> KeyFileJson.parse(cut)).isInstanceOf(BackupException.class);
    }
  }

  @Test
  void aFlippedBitAndACutOfAWrappedKeyAreFound() throws IOException {
    MasterPrivateKey master =
        MasterPrivateKey.parse(
            Files.readAllBytes(Vectors.file("pbs-3.2.4/master-private.pem")),
            () -> new Secret("master-pw"));
    byte[] good = Files.readAllBytes(Vectors.file("pbs-3.2.4/rsa-encrypted.key.bin"));
    for (int at : some(good.length)) {
      byte[] flipped = good.clone();
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      assertThatThrownBy(() -> master.unwrap(flipped))
          .as("byte %d, seed %d", at, SEED)
          .isInstanceOf(BackupException.class);
      byte[] cut = Arrays.copyOf(good, at);
      assertThatThrownBy(() -> master.unwrap(cut)).isInstanceOf(BackupException.class);
    }
  }
}
