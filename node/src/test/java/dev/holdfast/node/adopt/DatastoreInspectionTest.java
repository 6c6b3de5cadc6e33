package dev.holdfast.node.adopt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: a datastore is looked at before it is used, and what is wrong with it is said. */
class DatastoreInspectionTest {
  private static final SnapshotId SNAPSHOT = new GroupId(BackupType.HOST, "web").at(1_700_000_000);

  @TempDir Path directory = Path.of("");

  private static DatastoreInspection look(Path path) {
    return DatastoreInspection.of(
        TestStores.NAME,
        path,
        new LocalFiles(),
        InstantSource.fixed(TestStores.NOW),
        FixedRandom.of(1));
  }

  @Test
  void directoryThatIsNoDatastoreIsRefused() {
    assertThatThrownBy(() -> look(directory)).hasMessageContaining("no directory '.chunks'");
    assertThatThrownBy(() -> look(directory.resolve("absent")))
        .hasMessageContaining("is no directory");
  }

  @Test
  void contentIsCountedAndMissingPartsAreNamed() throws IOException {
    Path base = TestStores.bare(directory.resolve("store"));
    Namespace below = Namespace.parse("a");
    try (Datastore store = TestStores.open(base)) {
      store.createNamespaces(below);
      SmallBackup.write(store, Namespace.ROOT, SNAPSHOT, 1);
      SmallBackup.write(store, below, SNAPSHOT, 2);
    }
    DatastoreInspection found = look(base);
    assertThat(found.namespaces()).isEqualTo(2);
    assertThat(found.groups()).isEqualTo(2);
    assertThat(found.snapshots()).isEqualTo(2);
    assertThat(found.indexes()).isEqualTo(4);
    assertThat(found.chunksMissing()).isZero();

    for (Path chunk : files(base.resolve(".chunks"))) {
      Files.delete(chunk);
    }
    Path manifest = base.resolve("ns/a/host/web").resolve(SNAPSHOT.timeText());
    Files.writeString(manifest.resolve("index.json.blob"), "damaged");
    DatastoreInspection damaged = look(base);
    assertThat(damaged.chunksMissing()).isPositive();
    assertThat(String.join("\n", damaged.problems()))
        .contains("a: host/web/" + SNAPSHOT.timeText());
    Files.delete(base.resolve("host/web/owner"));
    assertThat(look(base).problems()).anyMatch(text -> text.contains("has no file 'owner'"));
  }

  private static List<Path> files(Path below) throws IOException {
    try (Stream<Path> tree = Files.walk(below)) {
      return tree.filter(Files::isRegularFile).toList();
    }
  }
}
