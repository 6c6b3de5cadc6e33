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
import java.util.SplittableRandom;

/**
 * A garbage collection of many small archives that share most of their chunks, beside what it
 * cannot do without: {@code find} that looks at every chunk file, and {@code cat} of every index.
 * Chunks are files without content, which a collection does not read.
 */
public final class GcBench {
  /** Of a snapshot's chunks, so many are new: one of this number. */
  private static final int CHURN_ONE_IN = 20;

  private static final int CHUNK_BYTES = 1 << 20;
  private static final int WARM_UP_RUNS = 1;
  private static final double RATIO_MAX = 1.5;
  private static final double TOUCHES_MAX = 1.1;

  private static final ArchiveName ARCHIVE = new ArchiveName("root.pxar.didx");
  private static final GroupId GROUP = GroupId.parse("host/bench");
  private static final AuthId OWNER = AuthId.parse("bench@pbs");

  private final Path base;
  private final int snapshots;
  private final int perSnapshot;
  private Instant now = Instant.now();

  /**
   * @param directory an empty one
   * @param chunks how many files there are to be, about; at least as many as snapshots
   */
  public GcBench(Path directory, long chunks, int snapshots) {
    this.base = directory.resolve("store");
    this.snapshots = snapshots;
    this.perSnapshot = Math.toIntExact(chunks * CHURN_ONE_IN / (CHURN_ONE_IN + snapshots - 1));
  }

  public List<Measurement> run(int runs) throws IOException, InterruptedException {
    LocalFiles files = new LocalFiles();
    Datastore.create(files, base);
    DatastoreName name = new DatastoreName("bench");
    try (Datastore store =
        Datastore.open(name, files, base, SyncLevel.NONE, Holds.NONE, () -> now, new Random(1))) {
      fill(store);
      return measure(store, runs);
    }
  }

  private List<Measurement> measure(Datastore store, int runs)
      throws IOException, InterruptedException {
    List<Double> seconds = new ArrayList<>();
    List<Double> bounds = new ArrayList<>();
    List<Double> touches = new ArrayList<>();
    Workers workers =
        new Workers(
            Runtime.getRuntime().availableProcessors(), Thread.ofPlatform().daemon().factory());
    for (int i = -WARM_UP_RUNS; i < runs; i++) {
      double bound = bound();
      now = now.plus(Duration.ofDays(1)); // or nothing would have to be touched again
      long began = System.nanoTime();
      GarbageCollector.Result result =
          new GarbageCollector(store, GcOptions.usual(workers), () -> {}).run();
      double took = Rates.seconds(System.nanoTime() - began);
      if (i >= 0) {
        bounds.add(bound);
        seconds.add(took);
        touches.add((double) result.touchCount() / result.status().disk().chunks());
      }
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
    for (int snapshot = 0; snapshot < snapshots; snapshot++) {
      for (int at = 0; at < perSnapshot; at++) {
        if (newestAt(at, snapshot) == snapshot) {
          makeFile(store.chunks().path(digest(at, snapshot)));
        }
      }
      write(store, snapshot);
    }
  }

  /** The last snapshot up to this one that brought a new chunk to this place. */
  private static int newestAt(int at, int snapshot) {
    int newest = snapshot - Math.floorMod(snapshot - at, CHURN_ONE_IN);
    return Math.max(newest, 0);
  }

  /** Follows from where a chunk came first: ten million are not remembered. */
  private static Digest digest(int at, int snapshot) {
    SplittableRandom words = new SplittableRandom(BenchData.SEED + ((long) at << 32) + snapshot);
    return new Digest(words.nextLong(), words.nextLong(), words.nextLong(), words.nextLong());
  }

  private static void makeFile(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(CHUNK_BYTES);
    }
  }

  private void write(Datastore store, int snapshot) {
    try (GroupLock group = store.lockGroup(Namespace.ROOT, GROUP, OWNER);
        SnapshotWriter writer =
            store.beginSnapshot(Namespace.ROOT, GROUP.at(1_700_000_000L + snapshot))) {
      try (DynamicIndexWriter index = writer.dynamicIndex(ARCHIVE)) {
        long end = 0;
        for (int at = 0; at < perSnapshot; at++) {
          end += CHUNK_BYTES;
          index.append(end, digest(at, newestAt(at, snapshot)));
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
