package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.time.Duration;
import java.util.Map;

/** Reads a task's log, once or until the task ends. */
final class TaskFollower {
  private static final Duration POLL_INTERVAL = Duration.ofMillis(500);
  private static final int LINES_PER_CALL = 1000;

  private final Terminal terminal;
  private final NodeConnection node;
  private final String path;
  private long nextLine;

  TaskFollower(Terminal terminal, NodeConnection node, String upid) {
    this.terminal = terminal;
    this.node = node;
    this.path = "/nodes/localhost/tasks/" + NodeConnection.segment(upid);
  }

  /** {@link #toTheEnd}; or prints the task alone, for {@code --no-wait}. */
  static void follow(Terminal terminal, NodeConnection node, String upid, boolean startOnly) {
    if (startOnly) {
      terminal.line(upid);
    } else {
      new TaskFollower(terminal, node, upid).toTheEnd();
    }
  }

  /** Prints the lines that are there. */
  void printNew() {
    while (true) {
      int count = 0;
      Map<String, String> page =
          Map.of("start", Long.toString(nextLine), "limit", Integer.toString(LINES_PER_CALL));
      for (JsonNode line : node.get(path + "/log", page)) {
        // An empty log is answered with one line that says so.
        if (line.path("n").asLong() > nextLine) {
          terminal.line(line.path("t").asText());
          count++;
        }
      }
      nextLine += count;
      if (count < LINES_PER_CALL) {
        return;
      }
    }
  }

  /** Prints until the task has ended; throws when it did not end well. */
  void toTheEnd() {
    awaitEnd(this::printNew);
  }

  /** Prints nothing; throws when the task did not end well. */
  void awaitEnd() {
    awaitEnd(() -> {});
  }

  private void awaitEnd(Runnable eachTime) {
    while (true) {
      // Asked first, so that the last lines are not missed.
      JsonNode status = node.get(path + "/status");
      eachTime.run();
      if ("stopped".equals(status.path("status").asText())) {
        String result = status.path("exitstatus").asText();
        if (!result.equals("OK") && !result.startsWith("WARNINGS")) {
          throw new BackupException(Kind.INTERNAL, "task failed: " + result);
        }
        return;
      }
      pause(POLL_INTERVAL);
    }
  }

  static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while waiting", e);
    }
  }
}
