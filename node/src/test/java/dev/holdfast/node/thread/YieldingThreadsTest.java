package dev.holdfast.node.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class YieldingThreadsTest {
  private static final int NICE_MAX = 19;
  private static final int SCHED_IDLE = 5;

  @Test
  void workersOfSessionsGoBehindWhoeverStartedThem() throws Exception {
    ExecutorService workers = WorkerPool.create(1);
    try {
      assertEquals(
          Math.min(NICE_MAX, nice() + YieldingThreads.SESSION_NICE),
          workers.submit(YieldingThreadsTest::nice).get(10, TimeUnit.SECONDS));
    } finally {
      workers.shutdownNow();
    }
  }

  @Test
  void backgroundWorkGoesLastAndTheCallerStaysWhereItWas() {
    int own = nice();
    Queue<Integer> found = new ConcurrentLinkedQueue<>();
    YieldingThreads.background("test")
        .forEach(List.of(1, 2, 3).iterator(), item -> found.add(nice()));
    assertEquals(List.of(NICE_MAX, NICE_MAX, NICE_MAX), List.copyOf(found));
    assertEquals(own, nice());
  }

  @Test
  void idleWorkTakesOnlyWhatNobodyWants() {
    Queue<Integer> found = new ConcurrentLinkedQueue<>();
    YieldingThreads.idle("test")
        .forEach(List.of(1, 2, 3).iterator(), item -> found.add(statistic(41)));
    assertEquals(List.of(SCHED_IDLE, SCHED_IDLE, SCHED_IDLE), List.copyOf(found));
  }

  private static int nice() {
    return statistic(19);
  }

  /**
   * @param field as proc(5) counts those of stat; the second one is a name in brackets, which may
   *     hold blanks
   */
  private static int statistic(int field) {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Integer.parseInt(afterName[field - 3]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
