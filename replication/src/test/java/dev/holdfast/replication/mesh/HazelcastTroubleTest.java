package dev.holdfast.replication.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * At stake: a member that cannot start, or meets strangers, costs a node nothing but the hints.
 * Real members on loopback.
 */
class HazelcastTroubleTest {
  private static final Duration SOON = MeshCoordinatorContract.SOON;

  private final TestMembers members = new TestMembers();

  @AfterEach
  void stop() {
    members.stopAll();
  }

  @Test
  void takenAddressIsAReasonAndARetryAndNoObstacle() throws IOException {
    HazelcastMesh mesh = members.create("lyon", Set.of());
    InetAddress address = InetAddress.getByName(members.address("lyon").toString());
    try (ServerSocket squatter = new ServerSocket(VirtualAddress.MEMBER_PORT, 1, address)) {
      assertThat(squatter.isBound()).isTrue();
      mesh.start();
      Await.until("the start fails", SOON, () -> mesh.state().word().equals("failed"));
      assertThat(mesh.state().reason()).contains(members.address("lyon") + ":5701");
      assertThat(mesh.state().members()).isEmpty();
      LeaseKey key = MeshCoordinatorContract.newLease();
      assertThat(mesh.tryLease(key, Duration.ofMinutes(1)).orElseThrow().local()).isTrue();
    }
    Await.until("a retry is planned", SOON, () -> members.later.size() == 1);
    members.later.removeFirst().run();
    MeshCoordinatorContract.awaitMembers(mesh, "lyon");
  }

  @Test
  void strangersWithAnotherSecretStayOut() {
    TestMembers strangers = new TestMembers();
    HazelcastMesh inside = members.create("lyon", Set.of(strangers.address("evil")));
    HazelcastMesh outside = strangers.create("evil", Set.of(members.address("lyon")));
    try {
      inside.start();
      MeshCoordinatorContract.awaitMembers(inside, "lyon");
      outside.start();
      MeshCoordinatorContract.awaitMembers(outside, "evil");
      MeshCoordinatorContract.awaitMembers(inside, "lyon");
    } finally {
      strangers.stopAll();
    }
  }

  @Test
  void clusterNameDoesNotShowTheSecret() {
    assertThat(MemberConfig.clusterName(new Secret("hunter2")))
        .matches("[0-9a-f]{64}")
        .doesNotContain("hunter2")
        .isNotEqualTo(MemberConfig.clusterName(new Secret("hunter3")));
  }

  @Test
  void membersThatLearnOfEachOtherLaterMergeAndTellWhatTheyHave() {
    Set<VirtualAddress> knownLater = ConcurrentHashMap.newKeySet();
    HazelcastMesh lyon = members.create("lyon", knownLater);
    HazelcastMesh paris = members.create("paris", knownLater);
    lyon.start();
    paris.start();
    MeshCoordinatorContract.awaitMembers(lyon, "lyon");
    MeshCoordinatorContract.awaitMembers(paris, "paris");
    // Both halves give the same lease: the reason why leases are hints.
    LeaseKey key = MeshCoordinatorContract.newLease();
    assertThat(lyon.tryLease(key, Duration.ofMinutes(1))).isPresent();
    assertThat(paris.tryLease(key, Duration.ofMinutes(1))).isPresent();
    SiteStatus ofLyon =
        MeshCoordinatorContract.status(lyon, MeshCoordinatorContract.newGroup(), 100);
    SiteStatus ofParis =
        MeshCoordinatorContract.status(paris, MeshCoordinatorContract.newGroup(), 100);
    lyon.putStatus(ofLyon);
    paris.putStatus(ofParis);

    knownLater.add(members.address("lyon"));
    knownLater.add(members.address("paris"));

    MeshCoordinatorContract.awaitMembers(lyon, "lyon", "paris");
    MeshCoordinatorContract.awaitMembers(paris, "lyon", "paris");
    for (HazelcastMesh mesh : Set.of(lyon, paris)) {
      Await.until(
          mesh.site() + " knows both",
          SOON,
          () ->
              mesh.statuses().contains(new MeshCoordinator.SeenStatus(ofLyon, false))
                  && mesh.statuses().contains(new MeshCoordinator.SeenStatus(ofParis, false)));
    }
  }

  @Test
  void stopsWhileItIsStarting() {
    HazelcastMesh mesh = members.create("lyon", Set.of());
    mesh.start();
    mesh.stop();
    assertThat(mesh.state().word()).isEqualTo("off");
    mesh.start();
    MeshCoordinatorContract.awaitMembers(mesh, "lyon");
  }
}
