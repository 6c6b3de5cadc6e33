package dev.holdfast.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** At stake: the queue is a session's lock, and the last task in it gives back the session's. */
final class SerialQueueTest {
  @Test
  void tasksRunOneAfterAnotherInTheirOrder() throws InterruptedException {
    List<Integer> ran = new CopyOnWriteArrayList<>();
    CountDownLatch done = new CountDownLatch(1000);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      SerialQueue queue = new SerialQueue(threads);
      for (int i = 0; i < 1000; i++) {
        int number = i;
        queue.execute(
            () -> {
              ran.add(number);
              done.countDown();
            });
      }
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(ran).isEqualTo(IntStream.range(0, 1000).boxed().toList());
  }

  @Test
  void aTaskThatThrowsStopsNoOther() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            1,
            task -> {
              Thread thread = new Thread(task);
              thread.setUncaughtExceptionHandler((where, what) -> {});
              return thread;
            })) {
      SerialQueue queue = new SerialQueue(threads);
      queue.execute(
          () -> {
            throw new IllegalStateException("for the test");
          });
      queue.execute(done::countDown);
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void tasksRunEvenWhenTheExecutorTakesNone() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(2);
    SerialQueue queue =
        new SerialQueue(
            task -> {
              throw new RejectedExecutionException("full");
            });
    queue.execute(done::countDown);
    queue.execute(done::countDown);
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
  }
}
