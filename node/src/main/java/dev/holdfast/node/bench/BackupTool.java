package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.file.Path;

/** A program that backs up a tree and an image into a repository of its own, and restores them. */
interface BackupTool extends AutoCloseable {
  String name();

  /** Backs up both into one snapshot, the next of a series. */
  Cost backup(ClientData data) throws IOException;

  /** Restores the newest snapshot to where {@link #restored} says. */
  Cost restore(Path target) throws IOException;

  /** Where the data is below the target of a restore. */
  ClientData restored(ClientData source, Path target);

  @Override
  void close() throws IOException;

  /**
   * What a run cost.
   *
   * @param clientSeconds processor time of the program that was called
   * @param serverSeconds processor time of the process that stores, where it is another one
   */
  record Cost(double wallSeconds, double clientSeconds, double serverSeconds) {
    double cpuSeconds() {
      return clientSeconds + serverSeconds;
    }

    Cost plus(Cost other) {
      return new Cost(
          wallSeconds + other.wallSeconds,
          clientSeconds + other.clientSeconds,
          serverSeconds + other.serverSeconds);
    }
  }
}
