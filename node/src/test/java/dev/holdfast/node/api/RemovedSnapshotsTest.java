package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.StateDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: a prune and a pull that fills gaps must not undo each other for ever. */
final class RemovedSnapshotsTest {
  private static final DatastoreName STORE = new DatastoreName("main");
  private static final Namespace DEEP = Namespace.parse("a/web");
  private static final GroupId GROUP = GroupId.parse("host/web1");
  private static final GroupId OTHER = GroupId.parse("vm/100");

  @TempDir Path directory = Path.of("");

  private RemovedSnapshots open() {
    return new RemovedSnapshots(
        StateDirectory.open(new LocalFiles(), directory, new SecureRandom()));
  }

  @Test
  void areRememberedAcrossARestart() {
    RemovedSnapshots removed = open();
    removed.add(STORE, DEEP, GROUP, List.of(30L, 10L));
    removed.add(STORE, DEEP, OTHER, List.of(20L));
    RemovedSnapshots again = open();
    assertThat(again.times(STORE, DEEP, GROUP)).containsExactly(10L, 30L);
    assertThat(again.times(STORE, DEEP, OTHER)).containsExactly(20L);
    assertThat(again.times(STORE, Namespace.ROOT, GROUP)).isEmpty();
    assertThat(again.times(new DatastoreName("other"), DEEP, GROUP)).isEmpty();
  }

  @Test
  void areForgottenWithTheirGroupOrNamespace() {
    RemovedSnapshots removed = open();
    removed.add(STORE, DEEP, GROUP, List.of(10L));
    removed.add(STORE, DEEP, OTHER, List.of(20L));
    removed.clear(STORE, DEEP, GROUP);
    assertThat(open().times(STORE, DEEP, GROUP)).isEmpty();
    assertThat(open().times(STORE, DEEP, OTHER)).containsExactly(20L);
    removed.clear(STORE, DEEP);
    assertThat(open().times(STORE, DEEP, OTHER)).isEmpty();
  }

  @Test
  void areBounded() {
    RemovedSnapshots removed = open();
    List<Long> many = LongStream.rangeClosed(1, RemovedSnapshots.TIMES_MAX + 5).boxed().toList();
    removed.add(STORE, DEEP, GROUP, many);
    assertThat(removed.times(STORE, DEEP, GROUP))
        .hasSize(RemovedSnapshots.TIMES_MAX)
        .startsWith(6L);
  }

  @Test
  void aDamagedFileIsNamedWithItsLine() throws IOException {
    Files.createDirectory(directory.resolve("removed"));
    Files.writeString(directory.resolve("removed/main:a:web"), "host/web1 soon\n");
    RemovedSnapshots removed = open();
    assertThatThrownBy(() -> removed.times(STORE, DEEP, GROUP))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("removed/main:a:web")
        .hasMessageContaining("host/web1 soon");
  }
}
