package dev.holdfast.node.testing;

import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The tasks of a node, as its administrator sees them. */
public record TaskRuns(RemoteNode admin) {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Waits for the end; how it ended. */
  public String ended(String upid) {
    String path = "/nodes/localhost/tasks/" + upid + "/status";
    Await.until(
        "the task to end",
        SOON,
        () -> admin.get(path, Map.of()).path("status").asText().equals("stopped"));
    return admin.get(path, Map.of()).path("exitstatus").asText();
  }

  /** Waits until nothing runs: a session ends a moment after its client has gone. */
  public void allEnded() {
    Await.until(
        "all tasks to end",
        SOON,
        () -> admin.get("/nodes/localhost/tasks", Map.of("running", "true")).isEmpty());
  }

  /** All lines, without their times. */
  public List<String> log(String upid) {
    List<String> lines = new ArrayList<>();
    admin
        .get("/nodes/localhost/tasks/" + upid + "/log", Map.of("limit", "0"))
        .forEach(line -> lines.add(line.path("t").asText().replaceFirst("^\\S+ ", "")));
    return lines;
  }

  /** The task of a type that is the only one. */
  public String only(String type) {
    Await.until("a task of type " + type, SOON, () -> list(type).size() == 1);
    return list(type).getFirst();
  }

  /** The last one of a type that began. */
  public String newest(String type) {
    return list(type).getFirst();
  }

  private List<String> list(String type) {
    List<String> found = new ArrayList<>();
    admin
        .get("/nodes/localhost/tasks", Map.of("typefilter", type))
        .forEach(task -> found.add(task.path("upid").asText()));
    return found;
  }
}
