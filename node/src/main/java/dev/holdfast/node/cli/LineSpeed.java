package dev.holdfast.node.cli;

import dev.holdfast.replication.peer.BackupSession;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Sends bytes to a node that forgets them, as fast as it takes them. */
final class LineSpeed {
  private static final int MESSAGE_BYTES = 1 << 20;

  /** As many as an upload has under way. */
  private static final int MESSAGES_UNDER_WAY = 16;

  private LineSpeed() {}

  /** Bytes per second. */
  static double measure(BackupSession session, Duration length) {
    byte[] message = new byte[MESSAGE_BYTES];
    new Random(1).nextBytes(message);
    Deque<CompletableFuture<Void>> underWay = new ArrayDeque<>();
    long began = System.nanoTime();
    long answered = 0;
    long now = began;
    while (now - began < length.toNanos()) {
      while (underWay.size() < MESSAGES_UNDER_WAY) {
        underWay.add(session.speedTest(message));
      }
      session.await(underWay.remove());
      answered++;
      now = System.nanoTime();
    }
    return answered * (double) MESSAGE_BYTES / ((now - began) / 1e9);
  }
}
