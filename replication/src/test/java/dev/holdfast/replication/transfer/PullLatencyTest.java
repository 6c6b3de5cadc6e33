package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.testing.SlowLine;
import dev.holdfast.replication.testing.StrictVertx;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a finished backup is restorable at a distant peer within twice its transfer time and a
 * second, so round trips count. They are made so long that they drown the work of the machine.
 */
class PullLatencyTest {
  private static final Duration ROUND_TRIP = Duration.ofMillis(400);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();
  private PullFixture pull;
  private SlowLine line;
  private RemoteNode distant;

  @BeforeEach
  void open(@TempDir Path directory) {
    pull = new PullFixture(VERTX.vertx(), directory);
    line = new SlowLine(VERTX.vertx(), pull.server.address(), ROUND_TRIP);
    distant = pull.server.client(line.address());
  }

  @AfterEach
  void close() {
    distant.close();
    line.close();
    pull.close();
  }

  /** How long a pull of the group takes. */
  private double roundTrips(String newest) {
    PullSync sync = pull.sync(distant);
    long begin = System.nanoTime();
    SyncPlan plan = sync.plan(SyncScope.of(Namespace.ROOT, GroupId.parse("host/web1")));
    assertThat(sync.run(plan, pull.report).failures()).isEmpty();
    long took = System.nanoTime() - begin;
    pull.assertSame("", "", newest);
    return took / (double) ROUND_TRIP.toNanos();
  }

  @Test
  void aNewSnapshotOfAKnownGroupTakesFewRoundTrips() {
    pull.backup("", "host/web1/2026-11-01T12:00:00Z", 1);
    pull.run();
    pull.backup("", "host/web1/2026-11-02T12:00:00Z", 2);
    // Connect and TLS for the list, the list; the same for the session, and the upgrade; manifest;
    // files; chunks: ten, and the first three are saved when there is a connection already.
    assertThat(roundTrips("host/web1/2026-11-02T12:00:00Z")).isLessThan(12);
  }

  @Test
  void snapshotsAreOpenedWhileThoseBeforeFlow() {
    for (int day = 1; day <= 8; day++) {
      pull.backup("", "host/web1/2026-11-0" + day + "T12:00:00Z", day);
    }
    // One after the other they would take some seven each.
    assertThat(roundTrips("host/web1/2026-11-08T12:00:00Z")).isLessThan(35);
  }
}
