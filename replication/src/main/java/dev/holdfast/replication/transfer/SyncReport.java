package dev.holdfast.replication.transfer;

/** Whom a run tells what it does; called from the threads of the run, several at a time. */
public interface SyncReport {
  /** One line for the log of the task. */
  void log(String line);

  /** One line for the log of the task, which is no success without warnings any more. */
  void warn(String line);

  /**
   * Called at least once per chunk.
   *
   * @throws dev.holdfast.chunkstore.error.BackupException CANCELLED when the run should end
   */
  void checkAborted();

  /** A snapshot is restorable at the target now, or its manifest there was brought up to date. */
  void transferred(Transferred snapshot);
}
