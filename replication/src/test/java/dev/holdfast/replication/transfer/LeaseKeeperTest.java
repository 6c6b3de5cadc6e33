package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.mesh.InMemoryMesh;
import dev.holdfast.replication.mesh.Scheduler;
import dev.holdfast.replication.testing.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** At stake: two sites that transfer the same waste the line; one that was cut off must notice. */
class LeaseKeeperTest {
  private static final Duration TTL = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final GroupId GROUP = GroupId.parse("host/web1");

  private volatile Instant now = Instant.parse("2026-01-02T03:04:05Z");
  private final List<Runnable> due = new ArrayList<>();
  private final List<Duration> delays = new ArrayList<>();
  private final InMemoryMesh.Bus bus = new InMemoryMesh.Bus(() -> now);
  private final GroupLeases lyon = leases("lyon");
  private final GroupLeases paris = leases("paris");

  private GroupLeases leases(String site) {
    InMemoryMesh mesh = new InMemoryMesh(bus, site, "1", () -> now, Runnable::run);
    mesh.start();
    Scheduler scheduler =
        (delay, task) -> {
          synchronized (due) {
            due.add(task);
            delays.add(delay);
          }
        };
    return new GroupLeases(mesh, "central", new DatastoreName("main"), TTL, scheduler);
  }

  private int scheduled() {
    synchronized (due) {
      return due.size();
    }
  }

  /** Lets a third of the lease pass, which is when it is renewed. */
  private void pass() {
    now = now.plus(TTL.dividedBy(3));
    synchronized (due) {
      due.getLast().run();
    }
  }

  private static Optional<LeaseKeeper> take(GroupLeases leases) {
    return leases.tryTake(Namespace.ROOT, GROUP);
  }

  @Test
  void aLeaseIsRenewedAtAThirdOfItsTimeForAsLongAsTheWorkGoesOn() {
    LeaseKeeper held = take(lyon).orElseThrow();
    for (int renewal = 1; renewal <= 9; renewal++) {
      pass();
      int expected = renewal + 1;
      Await.until("a renewal", PATIENCE, () -> scheduled() == expected);
    }
    assertThat(take(paris)).isEmpty();
    held.requireHeld();
    held.close();
    assertThat(delays).containsOnly(TTL.dividedBy(3));
    assertThat(take(paris)).isPresent();
  }

  @Test
  void oneThatWasCutOffLearnsThatSomebodyTookOver() {
    LeaseKeeper held = take(lyon).orElseThrow();
    now = now.plus(TTL);
    LeaseKeeper taken = take(paris).orElseThrow();
    synchronized (due) {
      due.getFirst().run();
    }
    Await.until("the loss", PATIENCE, () -> lost(held));
    BackupException thrown = catchThrowableOfType(BackupException.class, held::requireHeld);
    assertThat(thrown).hasMessage("somebody else took over the transfer of group host/web1");
    assertThat(thrown.kind()).isEqualTo(Kind.LOCKED);
    // Giving back what is no longer ours takes nothing from the other.
    held.close();
    taken.requireHeld();
    assertThat(take(lyon)).isEmpty();
  }

  private static boolean lost(LeaseKeeper keeper) {
    try {
      keeper.requireHeld();
      return false;
    } catch (BackupException e) {
      return true;
    }
  }
}
