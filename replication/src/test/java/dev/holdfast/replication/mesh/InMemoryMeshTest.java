package dev.holdfast.replication.mesh;

import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;

/** The twin does what the contract says, in no time. */
class InMemoryMeshTest extends MeshCoordinatorContract {
  private final FakeClock clock = new FakeClock();
  private final InMemoryMesh.Bus bus = new InMemoryMesh.Bus(clock);
  private final MeshCoordinator lyon = create("lyon");
  private final MeshCoordinator paris = create("paris");
  private final MeshCoordinator rome = create("rome");

  @BeforeAll
  void start() {
    lyon.start();
    paris.start();
    rome.start();
  }

  @Override
  MeshCoordinator create(String site) {
    return new InMemoryMesh(bus, site, "1.2.3", clock, Runnable::run);
  }

  @Override
  void time(Duration passes) {
    clock.advance(passes);
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
