package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Work for the processor and the disk, done on a bounded pool of platform threads while a virtual
 * one waits: there it would keep others from running.
 */
record Workers(Executor pool) {

  /**
   * Waits for the result. When the pool's queue is full the caller does the work, which slows it
   * down as it should.
   *
   * @throws BackupException what the work threw; CANCELLED when interrupted while waiting: the work
   *     may then still run
   */
  <T> T call(Supplier<T> work) {
    try {
      return Aside.start(work::get, pool).await();
    } catch (RejectedExecutionException e) {
      return work.get();
    }
  }

  /** As {@link #call}, without a result. */
  void run(Runnable work) {
    call(
        () -> {
          work.run();
          return true;
        });
  }
}
