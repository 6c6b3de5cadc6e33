package dev.holdfast.node.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.testing.FaultyFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles.Fault;
import dev.holdfast.chunkstore.testing.MemoryDisk;
import dev.holdfast.chunkstore.testing.SetClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * At stake: a process may die while it writes the lists of tasks, or find the disk full. Whatever
 * it leaves of a line neither keeps the next process from starting nor costs another task its
 * place; and a task that had begun is listed with an end, once.
 */
final class TaskKillTest {
  /** A loop that never ends would be a mistake in the test. */
  private static final int OPERATIONS_MAX = 200;

  private static final Path DIRECTORY = Path.of("/state/tasks");
  private static final Path ARCHIVE = DIRECTORY.resolve("archive");

  private final SetClock clock = new SetClock();
  private final MemoryDisk disk = emptyDisk();

  private MemoryDisk emptyDisk() {
    MemoryDisk empty = new MemoryDisk(clock);
    empty.makeDirectories(DIRECTORY);
    return empty;
  }

  private TaskRegistry open(FileOps files) {
    return TaskRegistry.open(files, DIRECTORY, clock.withZone(ZoneOffset.UTC), "here");
  }

  private static Upid run(TaskRegistry tasks, String id) {
    WorkerTask task = tasks.start("prune", id, AuthId.ROOT);
    task.finish(null);
    return task.upid();
  }

  /** What ended, the newest first, with how. */
  private static List<String> ended(TaskRegistry tasks) {
    return tasks.list(TaskFilter.ALL, 0, 0).stream()
        .map(task -> task.upid().workerId() + " " + task.status().text())
        .toList();
  }

  private static void append(FileOps files, String text) throws IOException {
    try (FileOps.WritableFile file = files.append(ARCHIVE, 0600)) {
      file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static List<String> archive(FileOps files) throws IOException {
    try (SeekableByteChannel file = files.open(ARCHIVE)) {
      ByteBuffer content = ByteBuffer.allocate((int) file.size());
      file.read(content);
      return new String(content.array(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void lineThatDoesNotEndCountsForNothingAndTheNextOneTakesItsPlace() throws IOException {
    run(open(disk), "one");
    String whole = archive(disk).getFirst();
    for (int length = 1; length < whole.length(); length++) {
      clock.advance(Duration.ofSeconds(1)); // or both tasks had one id
      append(disk, whole.substring(0, length));
      TaskRegistry tasks = open(disk);
      assertThat(ended(tasks)).containsExactly("one OK");
      run(tasks, "two");
      assertThat(ended(tasks)).containsExactly("two OK", "one OK");
      assertThat(archive(disk)).hasSize(2).first().isEqualTo(whole);
      truncateTo(whole);
    }
  }

  private void truncateTo(String line) throws IOException {
    try (FileOps.WritableFile file = disk.append(ARCHIVE, 0600)) {
      var unused = file.truncate(line.length() + 1L);
    }
  }

  @Test
  void whoDiedBetweenTheTwoListsLeavesOneLine() throws IOException {
    WorkerTask task = open(disk).start("prune", "one", AuthId.ROOT);
    append(disk, task.upid() + " 65F00000 OK\n");
    assertThat(ended(open(disk))).containsExactly("one OK");
    assertThat(archive(disk)).hasSize(1);
  }

  @Test
  void gapThatADyingProcessLeftBetweenArchivesHidesNone() throws IOException {
    for (String id : List.of("oldest", "middle", "newest")) {
      run(open(disk), id);
      disk.rename(ARCHIVE, DIRECTORY.resolve("archive." + id));
    }
    disk.rename(DIRECTORY.resolve("archive.newest"), ARCHIVE);
    disk.rename(DIRECTORY.resolve("archive.middle"), DIRECTORY.resolve("archive.1"));
    disk.rename(DIRECTORY.resolve("archive.oldest"), DIRECTORY.resolve("archive.3"));
    assertThat(ended(open(disk))).containsExactly("newest OK", "middle OK", "oldest OK");
  }

  @ParameterizedTest
  @EnumSource
  void taskThatBeganIsListedOnceWhereverAFaultIs(Fault fault) throws IOException {
    int faults = 0;
    for (int n = 1; ; n++) {
      assertThat(n).isLessThan(OPERATIONS_MAX);
      MemoryDisk found = emptyDisk();
      run(open(found), "before");
      FaultyFiles faulty = new FaultyFiles(found, fault, n);
      boolean began = attempt(faulty);
      if (!faulty.fired()) {
        break;
      }
      faults++;
      TaskRegistry tasks = open(found);
      run(tasks, "after");
      List<String> ended = ended(tasks);
      assertThat(ended)
          .as("%s at operation %d", fault, n)
          .startsWith("after OK")
          .endsWith("before OK")
          .hasSizeLessThanOrEqualTo(3);
      if (fault != Fault.DIES && began) {
        assertThat(ended).contains("during OK");
      }
      assertThat(archive(found))
          .hasSameSizeAs(ended)
          .allMatch(line -> line.matches("UPID:\\S+ [0-9A-F]{8} \\S.*"));
    }
    System.out.println(fault + ": " + faults + " faults");
    assertThat(faults).isGreaterThan(10);
  }

  /** False when the task could not begin. */
  private boolean attempt(FileOps files) {
    TaskRegistry tasks = open(files);
    try {
      run(tasks, "during");
      return true;
    } catch (BackupException e) {
      assertThat(e.text()).contains("cannot start task");
      return false;
    }
  }
}
