package dev.holdfast.node.job;

import dev.holdfast.replication.mesh.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Time passes when the test says so. */
final class FakeTimer implements Scheduler {
  private record Later(Duration delay, Runnable task) {}

  private final List<Later> waiting = new ArrayList<>();

  @Override
  public synchronized void after(Duration delay, Runnable task) {
    waiting.add(new Later(delay, task));
  }

  synchronized void clear() {
    waiting.clear();
  }

  /** Of everything that waits, in the order of asking. */
  synchronized List<Duration> delays() {
    return waiting.stream().map(Later::delay).toList();
  }

  /** All that waits is due; what it asks for waits again. */
  void pass() {
    List<Later> due;
    synchronized (this) {
      due = List.copyOf(waiting);
      waiting.clear();
    }
    due.forEach(later -> later.task().run());
  }
}
