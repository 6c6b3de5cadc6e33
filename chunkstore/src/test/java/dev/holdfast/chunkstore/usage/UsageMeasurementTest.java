package dev.holdfast.chunkstore.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who pays for what. Random stores, in which namespaces share chunks with each other and
 * with those below, are measured in rounds of a few chunks, and compared with sets of digests.
 */
class UsageMeasurementTest {
  private static final ArchiveName ARCHIVE = new ArchiveName("root.pxar.didx");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final List<Namespace> NAMESPACES =
      List.of("", "a", "a-b", "a/b", "a/b/c", "a/d", "e", "e/f").stream()
          .map(Namespace::parse)
          .toList();
  private static final int STORES = 40;
  private static final int CHUNKS = 60;

  private final Path directory;

  UsageMeasurementTest(@TempDir Path directory) {
    this.directory = directory;
  }

  /** What a test knows of a store that it filled. */
  private static final class Filled implements AutoCloseable {
    final MemoryStore memory;
    final Datastore store;
    final Map<Namespace, Set<Digest>> needs = new TreeMap<>();
    final Map<Namespace, Long> logical = new TreeMap<>();
    final Map<Namespace, Long> snapshots = new TreeMap<>();

    Filled(Path base) {
      memory = MemoryStore.in(base);
      store = memory.store;
      NAMESPACES.forEach(store::createNamespaces);
    }

    void backup(Namespace namespace, SnapshotId snapshot, List<byte[]> chunks) {
      try (GroupLock lock = store.lockGroup(namespace, snapshot.group(), SmallBackup.OWNER);
          SnapshotWriter writer = store.beginSnapshot(namespace, snapshot);
          DynamicIndexWriter index = writer.dynamicIndex(ARCHIVE)) {
        long end = 0;
        for (byte[] plain : chunks) {
          Digest digest = Digest.sha256(plain);
          byte[] encoded = DataBlob.encode(plain, 0, plain.length, false);
          store.chunks().insert(digest, encoded, encoded.length);
          needs.computeIfAbsent(namespace, ns -> new HashSet<>()).add(digest);
          end += plain.length;
          index.append(end, digest);
        }
        ManifestFile file = new ManifestFile(ARCHIVE, CryptMode.NONE, end, index.checksum());
        index.finish();
        writer.finishWith(Manifest.of(snapshot, List.of(file)).encodeBlob());
        logical.merge(namespace, end, Long::sum);
        snapshots.merge(namespace, 1L, Long::sum);
      }
    }

    /** The same as what is measured, the slow way. */
    NamespaceUsage expected(Namespace top) {
      Set<Digest> inside = digests(top, true);
      Set<Digest> alone = new HashSet<>(inside);
      alone.removeAll(digests(top, false));
      return new NamespaceUsage(
          top,
          snapshots.keySet().stream().filter(top::contains).count(),
          sum(snapshots, top),
          sum(logical, top),
          bytes(inside),
          bytes(alone));
    }

    private Set<Digest> digests(Namespace top, boolean inside) {
      return needs.entrySet().stream()
          .filter(entry -> top.contains(entry.getKey()) == inside)
          .flatMap(entry -> entry.getValue().stream())
          .collect(Collectors.toSet());
    }

    private static long sum(Map<Namespace, Long> values, Namespace top) {
      return values.entrySet().stream()
          .filter(entry -> top.contains(entry.getKey()))
          .mapToLong(Map.Entry::getValue)
          .sum();
    }

    private long bytes(Set<Digest> digests) {
      return digests.stream().mapToLong(digest -> store.chunks().read(digest).length).sum();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private static final class Watcher implements UsageWatcher {
    final List<String> warnings = new ArrayList<>();
    int rounds;

    @Override
    public void checkStop() {}

    @Override
    public synchronized void warn(String text) {
      warnings.add(text);
    }

    @Override
    public void counted(int directories, int directoriesTotal) {
      rounds++;
    }
  }

  private static Workers threads(int count) {
    return new Workers(count, Thread.ofPlatform().daemon().factory());
  }

  private Filled random(long seed) throws IOException {
    Random random = new Random(seed);
    Filled filled = new Filled(Files.createDirectories(directory.resolve("store" + seed)));
    List<byte[]> pool = new ArrayList<>();
    for (int i = 0; i < CHUNKS; i++) {
      byte[] plain = new byte[1 + random.nextInt(200)];
      random.nextBytes(plain);
      pool.add(plain);
    }
    int backups = random.nextInt(12);
    for (int i = 0; i < backups; i++) {
      List<byte[]> chunks = new ArrayList<>();
      int count = 1 + random.nextInt(10);
      for (int j = 0; j < count; j++) {
        chunks.add(pool.get(random.nextInt(CHUNKS)));
      }
      Namespace namespace = NAMESPACES.get(random.nextInt(NAMESPACES.size()));
      filled.backup(namespace, GROUP.at(1_700_000_000 + i), chunks);
    }
    return filled;
  }

  @Test
  void everyNumberIsWhatSetsOfDigestsSay() throws IOException {
    for (long seed = 0; seed < STORES; seed++) {
      try (Filled filled = random(seed)) {
        Watcher watcher = new Watcher();
        int atOnce = 1 + (int) (seed % 70);
        Usage usage =
            new UsageMeasurement(filled.store, threads(1 + (int) seed % 3), watcher, atOnce).run();
        assertThat(usage.namespaces())
            .as("seed %s, %s chunks at once", seed, atOnce)
            .extracting(NamespaceUsage::namespace)
            .containsExactlyInAnyOrderElementsOf(NAMESPACES);
        for (NamespaceUsage each : usage.namespaces()) {
          assertThat(each)
              .as("seed %s, %s chunks at once", seed, atOnce)
              .isEqualTo(filled.expected(each.namespace()));
        }
        assertThat(usage.chunkBytes()).isEqualTo(usage.namespaces().getFirst().exclusiveBytes());
        assertThat(watcher.warnings).isEmpty();
      }
    }
  }

  @Test
  void largeStoresTakeSeveralRounds() throws IOException {
    try (Filled filled = random(1)) {
      Watcher watcher = new Watcher();
      var unused = new UsageMeasurement(filled.store, threads(1), watcher, 1).run();
      assertThat(watcher.rounds).isEqualTo(filled.store.chunks().prefixes().size());
    }
  }

  @Test
  void whatNobodyNeedsAnyMoreIsOnDiskAndInNoNamespace() throws IOException {
    try (Filled filled = new Filled(directory)) {
      Namespace a = Namespace.parse("a");
      filled.backup(a, GROUP.at(1), List.of(new byte[100], new byte[200]));
      filled.backup(a, GROUP.at(2), List.of(new byte[100]));
      filled.store.deleteSnapshot(a, GROUP.at(1), false);
      Usage usage = UsageMeasurement.of(filled.store, Workers.none(), new Watcher());
      NamespaceUsage root = usage.namespaces().getFirst();
      assertThat(root.logicalBytes()).isEqualTo(100);
      assertThat(root.deduplicatedBytes()).isEqualTo(root.exclusiveBytes()).isPositive();
      assertThat(usage.chunkBytes() - root.deduplicatedBytes()).isGreaterThan(200);
    }
  }

  @Test
  void anIndexThatCannotBeReadIsLeftOutAndTold() throws IOException {
    try (Filled filled = new Filled(directory)) {
      filled.backup(Namespace.ROOT, GROUP.at(1), List.of(new byte[100]));
      filled.backup(Namespace.ROOT, GROUP.at(2), List.of(new byte[200]));
      Path index = filled.store.snapshotPath(Namespace.ROOT, GROUP.at(1)).resolve(ARCHIVE.text());
      filled.memory.replace(index, new byte[5000]);
      Watcher watcher = new Watcher();
      Usage usage = UsageMeasurement.of(filled.store, Workers.none(), watcher);
      assertThat(usage.unreadableIndexes()).isEqualTo(1);
      assertThat(watcher.warnings).singleElement().asString().contains("root.pxar.didx");
      assertThat(usage.namespaces().getFirst().logicalBytes()).isEqualTo(200);
    }
  }

  @Test
  void itStopsWhenItIsToldTo() {
    try (MemoryStore memory = MemoryStore.in(directory)) {
      SmallBackup.write(memory.store, Namespace.ROOT, GROUP.at(TestStores.NOW.getEpochSecond()), 1);
      UsageWatcher impatient =
          new UsageWatcher() {
            @Override
            public void checkStop() {
              throw new BackupException(Kind.CANCELLED, "enough");
            }

            @Override
            public void warn(String text) {}

            @Override
            public void counted(int directories, int directoriesTotal) {}
          };
      assertThatThrownBy(() -> UsageMeasurement.of(memory.store, Workers.none(), impatient))
          .hasMessage("enough");
    }
  }
}
