package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.model.Secret;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Real members in this process, on virtual addresses that no other test run has. */
final class TestMembers {
  final SecureRandom random = new SecureRandom();
  final Secret secret = new Secret("test mesh " + HexFormat.of().toHexDigits(random.nextLong()));

  /** What was to be run later, in order; run by the test. */
  final List<Runnable> later = new CopyOnWriteArrayList<>();

  private final Map<String, HazelcastMesh> created = new ConcurrentHashMap<>();

  VirtualAddress address(String site) {
    return VirtualAddress.of(secret, site);
  }

  HazelcastMesh create(String site, Set<VirtualAddress> others) {
    HazelcastMesh mesh =
        new HazelcastMesh(
            new HazelcastMesh.Settings(site, "1.2.3", secret, address(site)),
            () -> others,
            (delay, task) -> later.add(task),
            InstantSource.system(),
            random);
    created.put(site, mesh);
    return mesh;
  }

  void stopAll() {
    created.values().parallelStream().forEach(MeshCoordinator::stop);
  }
}
