package dev.holdfast.node.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: the memory of ended tasks neither grows for ever nor loses what it should hold. */
final class TaskArchiveTest {
  private static final Instant NOW = Instant.parse("2024-05-01T20:00:00Z");

  private final Path directory;
  private final TaskRegistry tasks;

  TaskArchiveTest(@TempDir Path directory) {
    this.directory = directory;
    tasks =
        TaskRegistry.open(new LocalFiles(), directory, Clock.fixed(NOW, ZoneOffset.UTC), "here");
  }

  private static Upid task(long number, Duration ago) {
    return new Upid(
        "here", 1, 1, number, NOW.minus(ago).getEpochSecond(), "prune", "main", AuthId.ROOT);
  }

  private static String line(Upid task) {
    return String.format(Locale.ROOT, "%s %08X OK\n", task, task.startTime());
  }

  private Path log(Upid task) throws IOException {
    Path file = directory.resolve(task.directoryName()).resolve(task.toString());
    Files.createDirectories(file.getParent());
    Files.writeString(file, "2024-05-01T20:00:00+00:00: TASK OK\n");
    return file;
  }

  private void full() throws IOException {
    String line = line(task(1, Duration.ofDays(1)));
    Files.writeString(
        directory.resolve("archive"), line.repeat(TaskLists.ARCHIVE_BYTES_MAX / line.length() + 1));
  }

  @Test
  void archiveBelowItsSizeStays() throws IOException {
    Files.writeString(directory.resolve("archive"), line(task(1, Duration.ofDays(400))));
    assertThat(tasks.rotateArchive(OptionalLong.empty()))
        .isEqualTo(new TaskRegistry.Rotation(false, 0, 0));
    assertThat(directory.resolve("archive.1")).doesNotExist();
  }

  @Test
  void fullArchiveIsMovedAndItsTasksAreStillListed() throws IOException {
    full();
    assertThat(tasks.rotateArchive(OptionalLong.empty()).rotated()).isTrue();
    assertThat(directory.resolve("archive.1")).exists();
    tasks.start("prune", "new", AuthId.ROOT).finish(null);
    assertThat(tasks.list(TaskFilter.ALL, 0, 2))
        .extracting(found -> found.upid().workerId())
        .containsExactly("new", "main");
  }

  @Test
  void archivesBeyondTheLastGoWithTheLogsOfTheirTasks() throws IOException {
    for (int i = 1; i <= 20; i++) {
      Files.writeString(directory.resolve("archive." + i), line(task(i, Duration.ofDays(10L * i))));
    }
    Path kept = log(task(19, Duration.ofDays(190)));
    Path dropped = log(task(20, Duration.ofDays(200)));
    full();
    assertThat(tasks.rotateArchive(OptionalLong.empty()))
        .isEqualTo(new TaskRegistry.Rotation(true, 1, 1));
    assertThat(kept).exists();
    assertThat(dropped).doesNotExist();
    assertThat(directory.resolve("archive.20"))
        .content()
        .contains(task(19, Duration.ofDays(190)).toString());
    assertThat(directory.resolve("archive.21")).doesNotExist();
  }

  @Test
  void daysDecideWhereTheyAreGiven() throws IOException {
    for (int i = 1; i <= 25; i++) {
      Files.writeString(directory.resolve("archive." + i), line(task(i, Duration.ofDays(10L * i))));
    }
    assertThat(tasks.rotateArchive(OptionalLong.of(245)))
        .isEqualTo(new TaskRegistry.Rotation(false, 1, 0));
    assertThat(tasks.rotateArchive(OptionalLong.of(30)).archives()).isEqualTo(21);
    assertThat(directory.resolve("archive.3")).exists();
    assertThat(directory.resolve("archive.4")).doesNotExist();
  }
}
