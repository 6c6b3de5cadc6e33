package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.task.Upid;
import java.util.List;

/**
 * What a verification found that cannot be restored.
 *
 * @param snapshots which, as the task's log names them; none when it broke off
 * @param problems the first ones, a line each: files and chunks
 */
public record Damage(
    DatastoreName store, Upid task, List<String> snapshots, List<String> problems) {
  /** So many problems are kept of a run. */
  static final int PROBLEMS_MAX = 1000;

  public Damage {
    snapshots = List.copyOf(snapshots);
    problems = List.copyOf(problems);
  }
}
