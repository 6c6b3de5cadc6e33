package dev.holdfast.chunkstore.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles.Fault;
import dev.holdfast.chunkstore.testing.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a destruction that broke off, wherever it did, is brought to its end by doing it again,
 * and until then can be told from a disk that is not there. Each file operation in turn is the last
 * one before the process dies.
 */
final class DatastoreDestructionTest {
  private static final DatastoreDestruction.Watcher SILENT =
      new DatastoreDestruction.Watcher() {
        @Override
        public void chunkDirectory(int number) {}

        @Override
        public void removed(String name) {}
      };

  private static Path store(Path directory, long number) throws IOException {
    Path base = TestStores.bare(directory.resolve("store-" + number));
    Path group = base.resolve("ns/a/ns/b/vm/100");
    Path snapshot = group.resolve("2024-06-10T00:00:00Z");
    Files.createDirectories(snapshot);
    Files.writeString(snapshot.resolve("index.json.blob"), "manifest");
    Files.writeString(group.resolve("owner"), "root@pam");
    Files.createDirectories(base.resolve("host/web"));
    Files.createDirectories(base.resolve(".chunks/0000"));
    Files.writeString(base.resolve(".chunks/0000/chunk"), "chunk");
    Files.writeString(base.resolve(".gc-status"), "{}");
    Files.createDirectories(base.resolve(".moves/done"));
    Files.writeString(base.resolve(".lock"), "");
    Files.writeString(base.resolve("letter.txt"), "of somebody else");
    return base;
  }

  private static void destroy(FaultyFiles files, Path base) {
    try (DatastoreDestruction destruction = DatastoreDestruction.begin(files, base)) {
      destruction.removeData(SILENT);
      destruction.removeRest();
    }
  }

  @Test
  void isBroughtToItsEndAfterEveryCrash(@TempDir Path directory) throws IOException {
    boolean fired = true;
    for (long at = 1; fired; at++) {
      Path base = store(directory, at);
      FaultyFiles dying = new FaultyFiles(new LocalFiles(), Fault.DIES, at);
      try {
        destroy(dying, base);
      } catch (BackupException e) {
        assertThat(dying.fired()).as("operation %d: %s", at, e.text()).isTrue();
      }
      fired = dying.fired();
      if (Files.exists(base.resolve(".lock"))) {
        destroy(new FaultyFiles(new LocalFiles(), Fault.FAILS, 0), base);
      }
      assertThat(base.toFile().list()).as("operation %d", at).containsExactly("letter.txt");
    }
  }

  @Test
  void stopsWhereItsWatcherSaysSoAndKeepsItsLockFile(@TempDir Path directory) throws IOException {
    Path base = store(directory, 0);
    DatastoreDestruction.Watcher stop =
        new DatastoreDestruction.Watcher() {
          @Override
          public void chunkDirectory(int number) {
            throw new BackupException(BackupException.Kind.CANCELLED, "stop");
          }

          @Override
          public void removed(String name) {}
        };
    try (DatastoreDestruction destruction = DatastoreDestruction.begin(new LocalFiles(), base)) {
      assertThatThrownBy(() -> destruction.removeData(stop)).hasMessage("stop");
    }
    assertThat(base.resolve("ns")).doesNotExist();
    assertThat(base.resolve(".chunks/0000/chunk")).exists();
    assertThat(base.resolve(".lock")).exists();
  }

  @Test
  void directoryWithoutADatastoreIsNotTouched(@TempDir Path directory) throws IOException {
    Files.createDirectory(directory.resolve("host"));
    assertThatThrownBy(() -> DatastoreDestruction.begin(new LocalFiles(), directory))
        .hasMessageContaining("there is no datastore in");
    assertThat(directory.resolve("host")).exists();
  }
}
