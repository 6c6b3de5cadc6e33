package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
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
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.ChunkOrder;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.verify.VerifyWatcher;
import dev.holdfast.chunkstore.work.Workers;
import dev.holdfast.node.bench.Measurement.Limit;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The verification of an image, beside decompressing and hashing the same chunks from memory on the
 * same cores. Half of the chunks are noise, half are words.
 */
public final class VerifyBench {
  private static final int CHUNK_BYTES = 4 << 20;
  private static final int WARM_UP_RUNS = 2;
  private static final double RATIO_MIN = 0.8;

  private static final ArchiveName ARCHIVE = new ArchiveName("drive.img.fidx");
  private static final SnapshotId SNAPSHOT = GroupId.parse("vm/100").at(1_700_000_000);
  private static final AuthId OWNER = AuthId.parse("bench@pbs");

  private final Path base;
  private final int chunks;
  private final Workers workers =
      new Workers(
          Runtime.getRuntime().availableProcessors(), Thread.ofPlatform().daemon().factory());
  private final List<Digest> digests = new ArrayList<>();

  /**
   * @param directory an empty one
   */
  public VerifyBench(Path directory, int mebibytes) {
    this.base = directory.resolve("store");
    this.chunks = Math.max(2, mebibytes / (CHUNK_BYTES >> 20));
  }

  public Measurement run(int runs) {
    LocalFiles files = new LocalFiles();
    Datastore.create(files, base);
    DatastoreName name = new DatastoreName("bench");
    try (Datastore store =
        Datastore.open(
            name, files, base, SyncLevel.NONE, Holds.NONE, InstantSource.system(), new Random(1))) {
      fill(store);
      List<Double> verified = new ArrayList<>();
      List<Double> bounds = new ArrayList<>();
      for (int i = -WARM_UP_RUNS; i < runs; i++) {
        double bound = bound(store);
        double rate = verify(store);
        if (i >= 0) {
          bounds.add(bound);
          verified.add(rate);
        }
      }
      return new Measurement(
          "verify",
          Rates.MEBIBYTES_PER_SECOND,
          verified,
          "zstd + SHA-256 from memory on the same cores",
          bounds,
          Limit.atLeast(RATIO_MIN));
    }
  }

  private double verify(Datastore store) {
    long began = System.nanoTime();
    List<String> problems =
        new SnapshotVerifier(store, workers, ChunkOrder.INODE, VerifyWatcher.SILENT, false)
            .verify(Namespace.ROOT, SNAPSHOT);
    if (!problems.isEmpty()) {
      throw new IllegalStateException(problems.getFirst());
    }
    return Rates.mebibytesPerSecond((long) chunks * CHUNK_BYTES, System.nanoTime() - began);
  }

  private double bound(Datastore store) {
    List<byte[]> stored = digests.stream().map(store.chunks()::read).toList();
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < chunks; i++) {
      numbers.add(i);
    }
    long began = System.nanoTime();
    workers.forEach(
        numbers.iterator(),
        i -> ChunkCheck.stored(stored.get(i), stored.get(i).length, digests.get(i), CHUNK_BYTES));
    return Rates.mebibytesPerSecond((long) chunks * CHUNK_BYTES, System.nanoTime() - began);
  }

  private void fill(Datastore store) {
    BenchData data = new BenchData(BenchData.SEED);
    byte[] plain = new byte[CHUNK_BYTES];
    long bytes = (long) chunks * CHUNK_BYTES;
    try (GroupLock group = store.lockGroup(Namespace.ROOT, SNAPSHOT.group(), OWNER);
        SnapshotWriter writer = store.beginSnapshot(Namespace.ROOT, SNAPSHOT)) {
      try (FixedIndexWriter index = writer.fixedIndex(ARCHIVE, bytes, CHUNK_BYTES)) {
        for (int i = 0; i < chunks; i++) {
          if (i % 2 == 0) {
            data.noise(plain);
          } else {
            data.text(plain);
          }
          Digest digest = Digest.sha256(plain);
          byte[] encoded = DataBlob.encode(plain, 0, plain.length, true);
          store.chunks().insert(digest, encoded, encoded.length);
          index.set((long) i * CHUNK_BYTES, digest);
          digests.add(digest);
        }
        Digest checksum = index.checksum();
        index.finish();
        ManifestFile file = new ManifestFile(ARCHIVE, CryptMode.NONE, bytes, checksum);
        byte[] manifest = Manifest.of(SNAPSHOT, List.of(file)).encodeBlob();
        writer.blob(ArchiveName.MANIFEST, manifest);
      }
      writer.finish(manifest -> manifest);
    }
  }
}
