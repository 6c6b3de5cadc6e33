package dev.holdfast.node.notify;

import java.time.Duration;

/** A way to reach somebody. Blocks; any thread that may. */
interface Sender {
  /** For a connection, and for each answer. */
  Duration TIME_MAX = Duration.ofSeconds(10);

  /**
   * @throws dev.holdfast.chunkstore.error.BackupException what went wrong, without secrets
   */
  void send(Notification event);
}
