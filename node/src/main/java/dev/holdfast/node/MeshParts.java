package dev.holdfast.node;

import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.MeshConfig;
import dev.holdfast.meshconfig.MeshSettings;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.job.Peers;
import dev.holdfast.replication.mesh.HazelcastMesh;
import dev.holdfast.replication.mesh.HostIdentity;
import dev.holdfast.replication.mesh.MeshService;
import dev.holdfast.replication.mesh.Scheduler;
import dev.holdfast.replication.mesh.VirtualAddress;
import dev.holdfast.replication.wire.TlsIdentity;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;

/** Makes the mesh that a configuration asks for. */
final class MeshParts {
  /** What the {@code /mesh/} endpoints can do; peers look before they ask. */
  private static final List<String> CAPABILITIES = List.of("hello", "tunnel");

  private MeshParts() {}

  /**
   * Without a {@code mesh} section, one that only this node is in.
   *
   * @throws dev.holdfast.chunkstore.error.BackupException INVALID_INPUT when the file of the mesh's
   *     secret cannot be used
   */
  static MeshService create(
      MeshConfig config,
      Vertx vertx,
      TlsIdentity identity,
      Peers peers,
      Scheduler scheduler,
      InstantSource clock,
      SecureRandom random) {
    HostIdentity host = HostIdentity.current();
    if (config.mesh().isEmpty()) {
      return MeshService.off(
          config.site(),
          NodeVersion.text(),
          "the configuration has no mesh section",
          host,
          CAPABILITIES,
          clock);
    }
    MeshSettings mesh = config.mesh().get();
    Secret secret = SecretFiles.read(mesh.secretFile());
    VirtualAddress address =
        mesh.address()
            .map(VirtualAddress::parse)
            .orElseGet(() -> VirtualAddress.of(secret, config.site()));
    return new MeshService(
        vertx,
        new HazelcastMesh.Settings(config.site(), NodeVersion.text(), secret, address),
        identity,
        peers.tunnelPeers(),
        peers,
        host,
        CAPABILITIES,
        scheduler,
        clock,
        random);
  }
}
