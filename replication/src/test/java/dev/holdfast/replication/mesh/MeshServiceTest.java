package dev.holdfast.replication.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.mesh.tunnel.TunnelPeer;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * At stake: what a node decides about each peer. Nodes that share a host need no tunnel and must
 * not take each other's address; a peer that does not answer is asked again; a wrong configuration
 * is said clearly. The peers' answers are given by the test.
 */
class MeshServiceTest {
  private static final Duration SOON = MeshCoordinatorContract.SOON;
  private static final HostIdentity ELSEWHERE = new HostIdentity("e".repeat(64));

  @RegisterExtension final StrictVertx strict = new StrictVertx();

  private final SecureRandom random = new SecureRandom();
  private final Secret secret =
      new Secret("test mesh " + HexFormat.of().toHexDigits(random.nextLong()));
  private final TlsIdentity identity =
      TlsIdentity.generate("lyon", Set.of(), Instant.now(), random);
  private final Map<String, MeshHello> answers = new ConcurrentHashMap<>();
  private final List<MeshService> services = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    services.forEach(MeshService::close);
  }

  private VirtualAddress address(String site) {
    return VirtualAddress.of(secret, site);
  }

  private MeshHello hello(String site, HostIdentity host) {
    return new MeshHello(site, address(site), host, "1.0", List.of());
  }

  private MeshService service(String site, String... peers) {
    MeshService service =
        new MeshService(
            strict.vertx(),
            new HazelcastMesh.Settings(site, "1.0", secret, address(site)),
            identity,
            List.of(peers).stream().map(this::peer).toList(),
            this::answer,
            HostIdentity.current(),
            List.of("journal"),
            (delay, task) -> {
              long unused = strict.vertx().setTimer(delay.toMillis(), fired -> task.run());
            },
            InstantSource.system(),
            random);
    services.add(service);
    return service;
  }

  private TunnelPeer peer(String name) {
    return new TunnelPeer(
        name,
        "127.0.0.1",
        1,
        () -> Set.of(identity.fingerprint()),
        AuthId.parse("sync@pbs!x"),
        () -> new Secret("x"));
  }

  private MeshHello answer(TunnelPeer peer) {
    MeshHello answer = answers.get(peer.name());
    if (answer == null) {
      throw new BackupException(Kind.PEER_UNREACHABLE, "no answer yet");
    }
    return answer;
  }

  private static void awaitLink(MeshService service, PeerLink expected) {
    Await.until(
        expected + ", not " + service.links(),
        SOON,
        () -> service.links().equals(List.of(expected)));
  }

  @Test
  void nodesOfOneHostJoinWithoutTunnels() {
    MeshService lyon = service("lyon", "paris");
    MeshService paris = service("paris", "lyon");
    answers.put("lyon", lyon.hello());
    answers.put("paris", paris.hello());
    assertThat(lyon.hello().capabilities()).containsExactly("journal");
    lyon.start();
    paris.start();
    awaitLink(lyon, new PeerLink("paris", "paris", address("paris"), PeerLink.Kind.DIRECT, ""));
    MeshCoordinatorContract.awaitMembers(lyon.coordinator(), "lyon", "paris");
    MeshCoordinatorContract.awaitMembers(paris.coordinator(), "lyon", "paris");
  }

  @Test
  void peerThatAnswersLateIsReachedThen() {
    MeshService lyon = service("lyon", "paris");
    lyon.start();
    awaitLink(
        lyon, new PeerLink("paris", null, address("paris"), PeerLink.Kind.FAILED, "no answer yet"));
    MeshCoordinatorContract.awaitMembers(lyon.coordinator(), "lyon");
    answers.put("paris", hello("paris", ELSEWHERE));
    awaitLink(lyon, new PeerLink("paris", "paris", address("paris"), PeerLink.Kind.TUNNEL, ""));
  }

  @Test
  void addressThatAPeerChoseIsUsedInsteadOfItsComputedOne() {
    VirtualAddress chosen = address("something else");
    answers.put("paris", new MeshHello("paris-1", chosen, ELSEWHERE, "1.0", List.of()));
    MeshService lyon = service("lyon", "paris");
    lyon.start();
    awaitLink(lyon, new PeerLink("paris", "paris-1", chosen, PeerLink.Kind.TUNNEL, ""));
  }

  @Test
  void peerWithoutAMeshIsNoObstacle() {
    answers.put("paris", new MeshHello("paris", null, ELSEWHERE, "1.0", List.of()));
    MeshService lyon = service("lyon", "paris");
    lyon.start();
    awaitLink(
        lyon,
        new PeerLink(
            "paris", "paris", address("paris"), PeerLink.Kind.NO_MESH, "it runs without a mesh"));
    MeshCoordinatorContract.awaitMembers(lyon.coordinator(), "lyon");
  }

  @Test
  void siteNameUsedTwiceIsSaid() {
    answers.put("paris", hello("lyon", ELSEWHERE));
    MeshService lyon = service("lyon", "paris");
    lyon.start();
    Await.until(
        "it is said, not " + lyon.links(),
        SOON,
        () -> lyon.links().getFirst().detail().contains("it calls itself lyon"));
    assertThat(lyon.links().getFirst().kind()).isEqualTo(PeerLink.Kind.FAILED);
  }

  @Test
  void addressUsedTwiceIsSaid() {
    answers.put("paris", new MeshHello("paris", address("lyon"), ELSEWHERE, "1.0", List.of()));
    MeshService lyon = service("lyon", "paris");
    lyon.start();
    Await.until(
        "it is said",
        SOON,
        () -> lyon.links().getFirst().detail().contains("is also that of this node"));
  }

  @Test
  void addressThatAnotherNodeOfTheHostListensOnIsTakenOverWhenItIsFree() throws IOException {
    answers.put("rome", hello("rome", ELSEWHERE));
    MeshService lyon = service("lyon", "rome");
    InetAddress rome = InetAddress.getByName(address("rome").toString());
    try (ServerSocket other = new ServerSocket(VirtualAddress.MEMBER_PORT, 1, rome)) {
      assertThat(other.isBound()).isTrue();
      lyon.start();
      Await.until(
          "lyon cannot listen",
          SOON,
          () -> lyon.links().getFirst().detail().startsWith("cannot listen on " + address("rome")));
    }
    awaitLink(lyon, new PeerLink("rome", "rome", address("rome"), PeerLink.Kind.TUNNEL, ""));
  }

  @Test
  void nodeWithoutAMeshStillSaysWhoItIs() {
    MeshService off =
        MeshService.off(
            "lyon", "1.0", "no mesh is configured", ELSEWHERE, List.of(), InstantSource.system());
    off.start();
    assertThat(off.hello().address()).isNull();
    assertThat(off.links()).isEmpty();
    assertThat(off.coordinator().state()).isEqualTo(new MeshState.Off("no mesh is configured"));
    off.close();
  }
}
