package dev.holdfast.node.cli;

import java.time.Duration;

/**
 * Ctrl-C and SIGTERM for a command that has something to clean up: its thread is interrupted and
 * given some time to say what became of the work. Without {@link #arm} the process just ends.
 */
final class Interruption {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final boolean possible;
  private volatile boolean armed;
  private volatile boolean begun;
  private volatile boolean over;

  /**
   * @param possible false where commands are run inside of a longer life
   */
  Interruption(boolean possible) {
    this.possible = possible;
  }

  /** From now on the calling thread is interrupted when the process is asked to end. */
  void arm() {
    if (armed || !possible) {
      return;
    }
    armed = true;
    Thread working = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(working), "interruption"));
  }

  private void end(Thread working) {
    if (over) {
      return;
    }
    begun = true;
    working.interrupt();
    try {
      working.join(GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work is done: nobody is to be interrupted any more. */
  void over() {
    over = true;
  }

  /** Whether the process is ending already, and will do so with the signal's exit code. */
  boolean begun() {
    return begun;
  }
}
