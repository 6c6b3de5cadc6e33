package dev.holdfast.node.task;

import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running task: its log, its warnings, its abort flag. Made by {@link TaskRegistry}; whoever
 * owns the work ends it exactly once with {@link #finish}. Any thread may call. Writing a line is a
 * file write of microseconds, still nothing for an event loop: sessions log from their worker
 * threads.
 */
public final class WorkerTask {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerTask.class);

  private final TaskRegistry registry;
  private final Upid upid;
  private final TaskLog log;
  private final List<Runnable> onAbort = new ArrayList<>();
  private final List<Consumer<TaskStatus>> beforeEnd = new ArrayList<>();
  private final Leases leases = new Leases();
  private int warnings;
  private boolean aborted;
  private boolean finished;

  WorkerTask(TaskRegistry registry, Upid upid, TaskLog log) {
    this.registry = registry;
    this.upid = upid;
    this.log = log;
  }

  public Upid upid() {
    return upid;
  }

  /** What the task holds until its end: given back before anybody is told of that. */
  public Leases leases() {
    return leases;
  }

  public void log(String text) {
    write(text);
  }

  /** A line that makes the task end with {@code WARNINGS: n}. */
  public void warn(String text) {
    synchronized (this) {
      warnings++;
    }
    write(text);
  }

  public synchronized int warningCount() {
    return warnings;
  }

  public synchronized boolean aborted() {
    return aborted;
  }

  /** Whether a client backs up or restores at this node. Any task may ask, between its steps. */
  public boolean clientsAreServed() {
    return registry.clientsAreServed();
  }

  /** Whether the node is stopping, so that the task is asked to stop as well. */
  public boolean nodeStops() {
    return registry.isStopping();
  }

  /**
   * Throws CANCELLED once somebody asked the task to stop: to be called at least once per chunk.
   */
  public void checkAborted() {
    if (aborted()) {
      throw new BackupException(Kind.CANCELLED, "task aborted");
    }
  }

  /** Runs when somebody asks the task to stop, at once if that was before. */
  public void onAbort(Runnable action) {
    synchronized (this) {
      if (!aborted) {
        onAbort.add(action);
        return;
      }
    }
    action.run();
  }

  /**
   * Runs when the work is over and how it ended is known, before anybody else is told: so that
   * whoever sees the task's end finds done what belongs to it. In the order of asking.
   */
  public synchronized void beforeEnd(Consumer<TaskStatus> action) {
    beforeEnd.add(action);
  }

  void abort() {
    List<Runnable> actions;
    synchronized (this) {
      if (aborted || finished) {
        return;
      }
      aborted = true;
      actions = List.copyOf(onAbort);
    }
    write("received abort request ...");
    actions.forEach(Runnable::run);
  }

  /**
   * Ends the task: OK, WARNINGS when there were any, or ERROR with the failure's message. Only the
   * first call counts.
   */
  public void finish(@Nullable Throwable failure) {
    TaskStatus status;
    List<Consumer<TaskStatus>> actions;
    synchronized (this) {
      if (finished) {
        return;
      }
      finished = true;
      actions = List.copyOf(beforeEnd);
      status =
          failure != null
              ? new TaskStatus.Failed(message(failure))
              : warnings > 0 ? new TaskStatus.Warnings(warnings) : new TaskStatus.Ok();
    }
    for (Consumer<TaskStatus> action : actions) {
      try {
        action.accept(status);
      } catch (RuntimeException e) {
        LOG.error("task {}: what belongs to its end was not done", upid, e);
      }
    }
    leases.close();
    try (log) {
      log.end(status);
    } catch (IOException e) {
      LOG.warn("task {}: cannot write its log: {}", upid, e.toString());
    }
    registry.ended(this, status);
  }

  private void write(String text) {
    try {
      log.line(text);
    } catch (IOException e) {
      // Work goes on without its log: a full log disk must not stop a backup.
      LOG.warn("task {}: cannot write its log: {}", upid, e.toString());
    }
  }

  private static String message(Throwable failure) {
    String text =
        failure instanceof BackupException known
            ? known.text()
            : "worker failed: " + failure; // ours to mend, so with its type
    // One line, and not one that reads as another status.
    String line = text.replace('\n', ' ').strip();
    return line.equals("OK") || line.equals("unknown") ? "failed: " + line : line;
  }
}
