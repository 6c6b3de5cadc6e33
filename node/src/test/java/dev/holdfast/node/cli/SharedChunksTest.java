package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.pxar.PayloadStream;
import dev.holdfast.chunkstore.pxar.PxarReader;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.pxar.TreeRestore;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.RecordedStore;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: who changes clients must not pay for all of the data again. The directory or image that
 * a real client saved is rebuilt from its backup and saved by ours: the chunks must be the recorded
 * ones. Needs root, since owners are part of what was saved.
 *
 * <p>Not here is the tree of all kinds of files: its attributes come in the order of the file
 * system that it lies on, and its payload was cut at a place that the real client's threads raced
 * for. {@code RecordedTreesTest} and {@code PxarVectorsTest} compare it byte by byte.
 */
final class SharedChunksTest {
  /**
   * Of a backup that reuses: when a run of unchanged files ends with a chunk, the real client
   * counts the next chunk as waste too, and may encode the run again where ours takes it over. The
   * chunks are the same, the references to them are 16 bytes further.
   */
  private static final double SHARED_MIN = 0.99;

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  private static int groups;

  @TempDir private Path directory = Path.of("");
  private String id = "";

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void rootOnly() {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    try (Posix posix = Posix.open()) {
      assumeThat(posix.isRoot()).as("owners and devices need root").isTrue();
    }
    id = "shared" + ++groups;
  }

  private RecordedStore recorded(String vector) throws IOException {
    BlobCodec key = BlobCodec.encrypted(TestKeys.recorded("key-none.json"), FixedRandom.of(1));
    Path target = Files.createTempDirectory(directory, "recorded");
    return RecordedStore.unpack(vector + ".tar.zst", target).with(key);
  }

  private Path rebuilt(PxarReader archive) throws IOException {
    Path target = Files.createTempDirectory(directory, "source").resolve("tree");
    TreeRestore.restore(archive, target, TreeRestore.Options.DEFAULT, TreeListener.NONE);
    return target;
  }

  private static PxarReader split(RecordedStore store, String snapshot) {
    String metadata = snapshot + "/root.mpxar.didx";
    String payload = snapshot + "/root.ppxar.didx";
    return new PxarReader(
        store.archive(metadata).stream(0),
        metadata,
        new PayloadStream(store.archive(payload).stream(0), payload));
  }

  /** Returns the snapshot's directory in the store of our node. */
  private Path backup(Instant time, String... more) {
    List<String> line = new ArrayList<>(List.of("backup", "--backup-id", id));
    line.addAll(List.of("--backup-time", Long.toString(time.getEpochSecond())));
    line.addAll(Arrays.asList(more));
    node.mustWork(line.toArray(String[]::new));
    return shared.resolve("store/host").resolve(id).resolve(time.toString());
  }

  private static List<Digest> digests(ChunkIndex index) {
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < index.chunkCount(); i++) {
      digests.add(index.digest(i));
    }
    return digests;
  }

  private static void sameChunks(Path ours, RecordedStore store, String snapshot, String name) {
    assertThat(digests(new RecordedStore(ours).index(name)))
        .as("%s of %s", name, snapshot)
        .isEqualTo(digests(store.index(snapshot + "/" + name)));
  }

  /** The part of the recorded content that lies in chunks that ours has too. */
  private static double shareOfSplit(Path ours, RecordedStore store, String snapshot) {
    long bytes = 0;
    long shared = 0;
    for (String name : List.of("root.ppxar.didx", "root.mpxar.didx")) {
      Set<Digest> have = new HashSet<>(digests(new RecordedStore(ours).index(name)));
      ChunkIndex recorded = store.index(snapshot + "/" + name);
      bytes += recorded.contentBytes();
      for (int i = 0; i < recorded.chunkCount(); i++) {
        shared += have.contains(recorded.digest(i)) ? recorded.chunkBytes(i) : 0;
      }
    }
    return (double) shared / bytes;
  }

  @ParameterizedTest
  @CsvSource({
    "pbs-3.2.4/datastore-plain, ct/200/2024-06-02T00:00:00Z, none",
    "pbs-3.2.4/datastore-crypt, host/master/2024-06-05T13:00:00Z, encrypt",
    "pbs-3.2.4/datastore-crypt, host/signed/2024-06-05T12:00:00Z, sign-only",
    "pbs-4.2/datastore-split, host/excl/2024-07-01T13:00:00Z, none"
  })
  void aDirectoryInOneStream(String vector, String snapshot, String crypt) throws IOException {
    RecordedStore store = recorded(vector);
    String name = "root.pxar.didx";
    PxarReader archive = new PxarReader(store.archive(snapshot + "/" + name).stream(0), name);
    Path ours = backup(Instant.EPOCH.plusSeconds(1), with(crypt, "root.pxar:" + rebuilt(archive)));
    sameChunks(ours, store, snapshot, name);
  }

  private static String[] with(String crypt, String... source) {
    List<String> line = new ArrayList<>(Arrays.asList(source));
    line.addAll(List.of("--crypt-mode", crypt));
    if (!crypt.equals("none")) {
      line.addAll(List.of("--keyfile", Vectors.file("pbs-3.2.4/key-none.json").toString()));
    }
    return line.toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource({
    "pbs-4.2/datastore-split, host/split/2024-07-01T10:00:00Z, none",
    "pbs-4.2/datastore-split, host/split/2024-07-01T14:00:00Z, none",
    "pbs-4.2/datastore-split, host/tail/2024-07-01T10:00:00Z, none",
    "pbs-4.2/datastore-splitcrypt, host/split-enc/2024-07-01T10:00:00Z, encrypt"
  })
  void aDirectoryInASplitArchive(String vector, String snapshot, String crypt) throws IOException {
    RecordedStore store = recorded(vector);
    Path source = rebuilt(split(store, snapshot));
    Path ours =
        backup(
            Instant.EPOCH.plusSeconds(1),
            with(crypt, "root.pxar:" + source, "--change-detection-mode", "data"));
    sameChunks(ours, store, snapshot, "root.ppxar.didx");
    sameChunks(ours, store, snapshot, "root.mpxar.didx");
  }

  @Test
  void aDirectoryByMetadataAfterTheLast() throws IOException {
    RecordedStore store = recorded("pbs-4.2/datastore-split");
    for (int hour = 10; hour < 14; hour++) {
      String snapshot = "host/split/2024-07-01T" + hour + ":00:00Z";
      Path ours =
          backup(
              Instant.EPOCH.plusSeconds(hour),
              "root.pxar:" + rebuilt(split(store, snapshot)),
              "--change-detection-mode",
              hour == 10 ? "data" : "metadata");
      assertThat(shareOfSplit(ours, store, snapshot)).as(snapshot).isGreaterThan(SHARED_MIN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pbs-3.2.4/datastore-plain, vm/100/2024-06-05T11:00:00Z, drive-scsi0.img, none",
    "pbs-3.2.4/datastore-crypt, host/enc-img/2024-06-05T11:00:00Z, disk.img, encrypt",
    "pbs-4.2/datastore-split, vm/101/2024-07-01T10:00:00Z, drive-scsi0.img, none"
  })
  void anImage(String vector, String snapshot, String image, String crypt) throws IOException {
    RecordedStore store = recorded(vector);
    String name = image + ".fidx";
    Path source = Files.write(directory.resolve("image"), store.content(snapshot + "/" + name));
    Path ours = backup(Instant.EPOCH.plusSeconds(1), with(crypt, image + ":" + source));
    sameChunks(ours, store, snapshot, name);
  }
}
