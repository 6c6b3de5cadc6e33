package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.move.MovePlan;
import dev.holdfast.chunkstore.move.MoveRequest;
import dev.holdfast.chunkstore.move.MoveWatcher;
import dev.holdfast.node.task.WorkerTask;

/** Tells a move in the log of its task, with PBS's lines, and stops it when the task is to stop. */
final class MoveLog implements MoveWatcher {
  private final WorkerTask task;
  private boolean ofNamespace;

  MoveLog(WorkerTask task) {
    this.task = task;
  }

  @Override
  public void checkStop() {
    task.checkAborted();
  }

  @Override
  public boolean isInterrupted() {
    return task.nodeStops();
  }

  void undoing(String journal) {
    task.log("undoing move " + journal);
  }

  @Override
  public void began(String journal, MovePlan plan) {
    if (plan.request() instanceof MoveRequest.OfNamespace request) {
      ofNamespace = true;
      task.log(
          "moving namespace '"
              + request.from()
              + "' -> '"
              + request.to()
              + "': "
              + plan.sources().size()
              + " namespace(s)");
    }
    task.log("this is move " + journal + "; 'holdfast move undo " + journal + "' takes it back");
  }

  @Override
  public void group(Namespace from, GroupId group, Namespace to, boolean merges) {
    task.log(
        (merges ? "merging" : "moving")
            + " group '"
            + group
            + "' from '"
            + from
            + "' to '"
            + to
            + "'");
  }

  @Override
  public void outOfOrder(SnapshotId oldestOfSource, SnapshotId newestOfTarget) {
    task.log("oldest source snapshot: " + oldestOfSource.timeText());
    task.log("conflicting target snapshot: " + newestOfTarget.timeText());
  }

  @Override
  public void removing(Namespace from, GroupId group) {
    task.log("removing backup group \"" + from.pathPrefix() + group + "\"");
  }

  @Override
  public void moved(int count, Namespace from, GroupId group) {
    if (ofNamespace) {
      task.log("moved group " + count + " ('" + group + "' in '" + from + "')");
    }
  }

  @Override
  public void warn(String text) {
    task.warn(text);
  }
}
