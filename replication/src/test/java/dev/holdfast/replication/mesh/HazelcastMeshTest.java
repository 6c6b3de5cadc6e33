package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The cluster does what the contract says: real members in one process, joined over loopback. */
class HazelcastMeshTest extends MeshCoordinatorContract {
  private final TestMembers members = new TestMembers();
  private final MeshCoordinator lyon = create("lyon");
  private final MeshCoordinator paris = create("paris");
  private final MeshCoordinator rome = create("rome");

  @BeforeAll
  void start() {
    List<MeshCoordinator> all = List.of(lyon, paris, rome);
    all.forEach(MeshCoordinator::start);
    all.forEach(mesh -> awaitMembers(mesh, "lyon", "paris", "rome"));
  }

  @AfterAll
  void stop() {
    members.stopAll();
  }

  @Override
  MeshCoordinator create(String site) {
    Set<VirtualAddress> others =
        List.of("lyon", "paris", "rome", "oslo").stream()
            .filter(other -> !other.equals(site))
            .map(members::address)
            .collect(Collectors.toSet());
    return members.create(site, others);
  }

  @Override
  void time(Duration passes) {
    // It passes by itself.
  }

  @Override
  MeshCoordinator lyon() {
    return lyon;
  }

  @Override
  MeshCoordinator paris() {
    return paris;
  }

  @Override
  MeshCoordinator rome() {
    return rome;
  }
}
