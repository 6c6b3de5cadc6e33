package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.node.testing.SmallFileSystem;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a disk that fills up in the middle of a backup costs that backup and nothing else. The
 * datastore is on a file system of 1 MiB, most of it taken by another file.
 */
final class DiskFullTest {
  private static final GroupId GROUP = new GroupId(BackupType.HOST, "web");
  private static final SnapshotId BEFORE = GROUP.at(1_717_977_600);
  private static final SnapshotId TOO_BIG = GROUP.at(1_717_977_660);
  private static final SnapshotId AFTER = GROUP.at(1_717_977_720);
  private static final int DISK_BYTES = 1 << 20;
  private static final int OTHER_FILE_BYTES = 700_000;
  private static final int CHUNKS = 4;
  private static final int CHUNK_BYTES = 100_000;
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  @Test
  void fullDiskIsOneClearErrorAndAfterMakingRoomBackupsGoOn() throws IOException {
    String obstacle = SmallFileSystem.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle);
    Path store = Files.createDirectory(directory.resolve(TestNode.STORE.text()));
    try (SmallFileSystem disk = SmallFileSystem.mount(store, DISK_BYTES)) {
      Path other = disk.path().resolve("another-file");
      Files.write(other, new byte[OTHER_FILE_BYTES]);
      try (TestNode node = TestNode.start(strict, directory)) {
        RemoteNode client = node.client(node.token("bob", "/datastore/main", "DatastoreBackup"));
        backup(client, BEFORE, 2);

        assertThat(catchThrowable(() -> backup(client, TOO_BIG, CHUNKS)))
            .isInstanceOfSatisfying(
                BackupException.class,
                refusal -> assertThat(refusal.text()).contains("No space left on device"));
        Path unfinished = store.resolve(TOO_BIG.toString());
        Await.until("the unfinished snapshot is removed", SOON, () -> !Files.exists(unfinished));
        assertThat(times(client)).containsExactly(BEFORE.time());
        assertThat(temporaryFiles(store)).isEmpty();

        Files.delete(other);
        backup(client, AFTER, CHUNKS);
        assertThat(times(client)).containsExactlyInAnyOrder(BEFORE.time(), AFTER.time());
      }
      try (var opened = TestStores.open(store)) {
        SnapshotVerifier verifier = new SnapshotVerifier(opened);
        assertThat(verifier.verify(Namespace.ROOT, BEFORE)).isEmpty();
        assertThat(verifier.verify(Namespace.ROOT, AFTER)).isEmpty();
      }
    }
  }

  private static void backup(RemoteNode client, SnapshotId snapshot, int chunks) {
    SmallUpload.run(
        client, TestNode.STORE, Namespace.ROOT, snapshot, snapshot.time(), chunks, CHUNK_BYTES);
  }

  private static List<Long> times(RemoteNode client) {
    return client
        .get("/admin/datastore/main/snapshots")
        .valueStream()
        .map(listed -> listed.path("backup-time").longValue())
        .toList();
  }

  private static List<Path> temporaryFiles(Path store) throws IOException {
    try (Stream<Path> tree = Files.walk(store)) {
      return tree.filter(file -> file.getFileName().toString().contains("tmp")).toList();
    }
  }
}
