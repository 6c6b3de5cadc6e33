package dev.holdfast.node.task;

import java.io.IOException;
import java.io.Writer;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running task: its log and its abort flag. Each line is {@code 2024-06-05T10:00:00+00:00: text},
 * whole lines in the order they came, also from several threads. Ends once.
 */
public final class Task {
  /** Lines kept of one task; a runaway job must not fill the state directory. */
  static final int LINES_MAX = 200_000;

  // Always with a numeric offset (+00:00, never Z): 25 characters, which tools cut off.
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ssxxx", Locale.ROOT);
  private static final Logger LOG = LoggerFactory.getLogger(Task.class);

  private final Upid upid;
  private final Writer file;
  private final Clock clock;
  private final Consumer<Task> onEnd;
  private int lines;
  private int warnings;
  private volatile boolean abortRequested;
  private @Nullable TaskStatus status;
  private @Nullable Runnable onAbort;

  Task(Upid upid, Writer file, Clock clock, Consumer<Task> onEnd) {
    this.upid = upid;
    this.file = file;
    this.clock = clock;
    this.onEnd = onEnd;
  }

  public Upid upid() {
    return upid;
  }

  public synchronized void log(String text) {
    if (status != null || lines > LINES_MAX) {
      return;
    }
    write(lines == LINES_MAX ? "log is cut after " + LINES_MAX + " lines" : text);
    lines++;
  }

  /** A line that makes the task end with warnings. */
  public synchronized void warn(String text) {
    warnings++;
    log("WARN: " + text);
  }

  /** Somebody asked the task to stop; it is checked by the work at least once per chunk. */
  public boolean aborted() {
    return abortRequested;
  }

  public void abort() {
    log("received abort request ...");
    Runnable action;
    synchronized (this) {
      abortRequested = true;
      action = onAbort;
    }
    if (action != null) {
      action.run();
    }
  }

  /** What an abort does beside setting the flag: closing a connection, say. */
  public synchronized void onAbort(Runnable action) {
    onAbort = action;
  }

  /** Ends well, with warnings if there were any. */
  public void succeed() {
    end(warnings == 0 ? new TaskStatus.Ok() : new TaskStatus.Warnings(warnings));
  }

  public void fail(String message) {
    // One line: the archive holds a task a line.
    end(new TaskStatus.Failed(message.replace('\n', ' ')));
  }

  /** Null while it runs. */
  public synchronized @Nullable TaskStatus status() {
    return status;
  }

  private void end(TaskStatus how) {
    synchronized (this) {
      if (status != null) {
        return;
      }
      write(how.logLine());
      status = how;
      try {
        file.close();
      } catch (IOException e) {
        LOG.warn("cannot close the log of {}: {}", upid, e.toString());
      }
    }
    onEnd.accept(this);
  }

  private void write(String text) {
    try {
      file.write(
          TIME.format(ZonedDateTime.now(clock).truncatedTo(ChronoUnit.SECONDS))
              + ": "
              + text
              + "\n");
      file.flush();
    } catch (IOException e) {
      // A full state disk must not stop a backup; the node's own log says it.
      LOG.warn("cannot write the log of {}: {}", upid, e.toString());
    }
  }
}
