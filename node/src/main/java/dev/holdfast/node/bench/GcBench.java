package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.gc.GarbageCollector;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.work.Workers;
import dev.holdfast.node.bench.Measurement.Limit;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A garbage collection of many small archives that share most of their chunks, beside what it
 * cannot do without: {@code find} that looks at every chunk file, and {@code cat} of every index.
 * Chunks are files without content, which a collection does not read.
 */
public final class GcBench {
  private static final int SNAPSHOTS = 200;

  /** Of a snapshot's chunks, so many are new: one of this number. */
  private static final int CHURN_ONE_IN = 20;

  private static final int CHUNK_BYTES = 1 << 20;
  private static final int RUNS = 3;
  private static final double RATIO_MAX = 1.5;
  private static final double TOUCHES_MAX = 1.1;

  private static final ArchiveName ARCHIVE = new ArchiveName("root.pxar.didx");
  private static final GroupId GROUP = GroupId.parse("host/bench");
  private static final AuthId OWNER = AuthId.parse("bench@pbs");

  private final Path base;
  private final long chunks;
  private final Random random = new Random(BenchData.SEED);
  private Instant now = Instant.now();

  /**
   * @param directory an empty one
   * @param chunks how many files there are to be, about
   */
  public GcBench(Path directory, long chunks) {
    this.base = directory.resolve("store");
    this.chunks = chunks;
  }

  public List<Measurement> run() throws IOException, InterruptedException {
    LocalFiles files = new LocalFiles();
    Datastore.create(files, base);
    DatastoreName name = new DatastoreName("bench");
    try (Datastore store =
        Datastore.open(name, files, base, SyncLevel.NONE, Holds.NONE, () -> now, new Random(1))) {
      fill(store);
      return measure(store);
    }
  }

  private List<Measurement> measure(Datastore store) throws IOException, InterruptedException {
    List<Double> seconds = new ArrayList<>();
    List<Double> bounds = new ArrayList<>();
    List<Double> touches = new ArrayList<>();
    Workers workers =
        new Workers(
            Runtime.getRuntime().availableProcessors(), Thread.ofPlatform().daemon().factory());
    for (int i = 0; i < RUNS; i++) {
      bounds.add(bound());
      now = now.plus(Duration.ofDays(1)); // or nothing would have to be touched again
      long began = System.nanoTime();
      GarbageCollector.Result result =
          new GarbageCollector(store, GcOptions.usual(workers), () -> {}).run();
      seconds.add(Rates.seconds(System.nanoTime() - began));
      touches.add((double) result.touchCount() / result.status().disk().chunks());
      if (result.missingCount() > 0 || result.status().removed().chunks() > 0) {
        throw new IllegalStateException(
            "a store without garbage and damage was found to have some");
      }
    }
    return List.of(
        new Measurement(
            "gc",
            Rates.SECONDS,
            seconds,
            "find that stats every chunk + cat of every index",
            bounds,
            Limit.atMost(RATIO_MAX)),
        new Measurement(
            "gc touches", "per chunk", touches, "one", List.of(1.0), Limit.atMost(TOUCHES_MAX)));
  }

  private double bound() throws IOException, InterruptedException {
    long began = System.nanoTime();
    shell("find " + base + "/.chunks -type f -size +1000000k -print");
    shell("cat $(find " + base + "/host -name '*.didx') > /dev/null");
    return Rates.seconds(System.nanoTime() - began);
  }

  private static void shell(String command) throws IOException, InterruptedException {
    int code = new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("`" + command + "` ended with " + code);
    }
  }

  /**
   * The first snapshot is all new; each later one replaces some of the chunks of the one before.
   */
  private void fill(Datastore store) throws IOException {
    int perSnapshot = (int) (chunks * CHURN_ONE_IN / (CHURN_ONE_IN + SNAPSHOTS - 1));
    List<Digest> current = new ArrayList<>();
    for (int i = 0; i < perSnapshot; i++) {
      current.add(newChunk(store));
    }
    for (int snapshot = 0; snapshot < SNAPSHOTS; snapshot++) {
      if (snapshot > 0) {
        int offset = snapshot % CHURN_ONE_IN;
        for (int i = offset; i < perSnapshot; i += CHURN_ONE_IN) {
          current.set(i, newChunk(store));
        }
      }
      write(store, snapshot, current);
    }
  }

  private Digest newChunk(Datastore store) throws IOException {
    Digest digest =
        new Digest(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    try (RandomAccessFile file = new RandomAccessFile(store.chunks().path(digest).toFile(), "rw")) {
      file.setLength(CHUNK_BYTES);
    }
    return digest;
  }

  private static void write(Datastore store, int number, List<Digest> digests) {
    try (GroupLock group = store.lockGroup(Namespace.ROOT, GROUP, OWNER);
        SnapshotWriter writer =
            store.beginSnapshot(Namespace.ROOT, GROUP.at(1_700_000_000L + number))) {
      try (DynamicIndexWriter index = writer.dynamicIndex(ARCHIVE)) {
        long end = 0;
        for (Digest digest : digests) {
          end += CHUNK_BYTES;
          index.append(end, digest);
        }
        index.finish();
        ManifestFile file = new ManifestFile(ARCHIVE, CryptMode.NONE, end, index.checksum());
        byte[] manifest = Manifest.of(writer.snapshot(), List.of(file)).encodeBlob();
        writer.blob(ArchiveName.MANIFEST, manifest);
      }
      writer.finish(manifest -> manifest);
    }
  }
}
