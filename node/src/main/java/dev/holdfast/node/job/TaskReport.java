package dev.holdfast.node.job;

import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.transfer.SyncReport;
import dev.holdfast.replication.transfer.Transferred;
import java.util.function.Consumer;

/** A run's report goes into its task. */
record TaskReport(WorkerTask task, Consumer<Transferred> onTransferred) implements SyncReport {
  @Override
  public void log(String line) {
    task.log(line);
  }

  @Override
  public void warn(String line) {
    task.warn(line);
  }

  @Override
  public void checkAborted() {
    task.checkAborted();
  }

  @Override
  public void transferred(Transferred snapshot) {
    onTransferred.accept(snapshot);
  }
}
