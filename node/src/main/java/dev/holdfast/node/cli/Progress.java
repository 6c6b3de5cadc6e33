package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.time.Duration;

/**
 * How far long work is: done, rate, and what remains where the whole is known. On a screen one line
 * that changes, elsewhere a line every now and then. For the threads that work, which are also told
 * here that they were interrupted.
 */
final class Progress {
  private static final Duration SCREEN_INTERVAL = Duration.ofMillis(250);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

  /** Before this a rate says nothing. */
  private static final Duration RATE_AFTER = Duration.ofSeconds(1);

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final Terminal terminal;
  private final String what;
  private final long totalBytes;
  private final long intervalNanos;
  private final long began = System.nanoTime();
  // Guarded by this.
  private long doneBytes;
  private long shownAt = began;
  private boolean shown;

  /**
   * @param what names the work
   * @param totalBytes 0 = not known
   */
  Progress(Terminal terminal, String what, long totalBytes) {
    this.terminal = terminal;
    this.what = what;
    this.totalBytes = totalBytes;
    this.intervalNanos = (terminal.screen() ? SCREEN_INTERVAL : LOG_INTERVAL).toNanos();
  }

  /** Cheap when there is nothing to show; CANCELLED when the thread was interrupted. */
  void at(long bytes) {
    at(bytes, "");
  }

  /** As {@link #at}, for several that work on the same, each telling what it has done. */
  synchronized void more(long bytes) {
    doneBytes += bytes;
    at(doneBytes);
  }

  synchronized void at(long bytes, String detail) {
    if (Thread.currentThread().isInterrupted()) {
      throw new BackupException(Kind.CANCELLED, what + " was interrupted");
    }
    long now = System.nanoTime();
    if (now - shownAt < intervalNanos) {
      return;
    }
    shownAt = now;
    String text = what + ": " + text(bytes, Duration.ofNanos(now - began)) + detail;
    if (terminal.screen()) {
      terminal.err().print(CLEAR_LINE + text);
      terminal.err().flush();
      shown = true;
    } else {
      terminal.message(text);
    }
  }

  private String text(long bytes, Duration spent) {
    StringBuilder text = new StringBuilder(HumanText.bytes(bytes));
    boolean whole = totalBytes > 0 && bytes <= totalBytes;
    if (whole) {
      text.append(" of ").append(HumanText.bytes(totalBytes));
      text.append(" (").append(HumanText.percent(bytes, totalBytes)).append(')');
    }
    if (bytes > 0 && spent.compareTo(RATE_AFTER) >= 0) {
      double bytesPerSecond = bytes / (spent.toNanos() / 1e9);
      text.append(", ").append(HumanText.bytes((long) bytesPerSecond)).append("/s");
      if (whole) {
        Duration left = Duration.ofSeconds((long) ((totalBytes - bytes) / bytesPerSecond));
        text.append(", ").append(HumanText.duration(left)).append(" left");
      }
    }
    return text.toString();
  }

  /** A line of its own, in between. */
  synchronized void warning(String text) {
    clear();
    terminal.message("warning: " + text);
  }

  /** Takes the changing line away; call it before anything else is printed. */
  synchronized void clear() {
    if (shown) {
      terminal.err().print(CLEAR_LINE);
      shown = false;
    }
  }
}
