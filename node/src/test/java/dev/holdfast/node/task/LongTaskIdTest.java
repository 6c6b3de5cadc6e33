package dev.holdfast.node.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a namespace may have a name that makes the id of a task too long for a file; whoever
 * asks for the task is told that, and the next one starts all the same.
 */
final class LongTaskIdTest {
  @TempDir Path directory = Path.of("");

  @Test
  void taskWhoseIdIsNoFileNameIsRefusedAndTheNextOneStarts() {
    TaskRegistry tasks = TaskRegistry.open(new LocalFiles(), directory, Clock.systemUTC(), "here");
    assertThatThrownBy(() -> tasks.start("prune", "main:" + "n".repeat(250), AuthId.ROOT))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> assertThat(e.kind()).isEqualTo(BackupException.Kind.INVALID_INPUT));
    WorkerTask next = tasks.start("prune", "main:n", AuthId.ROOT);
    assertThat(next.upid().workerId()).isEqualTo("main:n");
  }
}
