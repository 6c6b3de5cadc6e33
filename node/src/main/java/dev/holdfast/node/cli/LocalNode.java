package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeIdentity;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TransferRate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import org.jspecify.annotations.Nullable;

/**
 * The running node of a state directory: it wrote there where it listens, its certificate is there
 * to be pinned, and the secret that makes whoever can read the directory its administrator.
 */
final class LocalNode {
  private final Path state;
  private final HostAndPort address;
  private final PinnedTrust trust;
  private final Secret secret;

  private LocalNode(Path state, HostAndPort address, PinnedTrust trust, Secret secret) {
    this.state = state;
    this.address = address;
    this.trust = trust;
    this.secret = secret;
  }

  /** Throws PEER_UNREACHABLE when no node has said where it listens. */
  static LocalNode find(Path state) {
    String listening = text(state, Node.LISTEN_ADDRESS_FILE);
    String secret = text(state, AccessState.LOCAL_SECRET_FILE);
    byte[] certificate = bytes(state, NodeIdentity.CERTIFICATE_FILE);
    return new LocalNode(
        state,
        reachable(HostAndPort.parse(listening, HostAndPort.DEFAULT_PORT)),
        PinnedTrust.of(fingerprint(state, certificate)),
        new Secret(secret));
  }

  /** A wildcard is where a node listens, not where one can call. */
  static HostAndPort reachable(HostAndPort listening) {
    return switch (listening.host()) {
      case "0.0.0.0" -> new HostAndPort("127.0.0.1", listening.port());
      case "::", "0:0:0:0:0:0:0:0" -> new HostAndPort("::1", listening.port());
      default -> listening;
    };
  }

  NodeConnection connect(@Nullable DatastoreName datastore, TransferRate rate) {
    return new NodeConnection(address, trust, new Credential.Local(secret), datastore, rate);
  }

  /** A killed node leaves its address behind. */
  BackupException notRunning(BackupException cause) {
    BackupException error = notRunning(state, " (" + cause.text() + ")", cause);
    return error.with("peer", address);
  }

  private static BackupException notRunning(Path state, String detail, Throwable cause) {
    return new BackupException(
            Kind.PEER_UNREACHABLE,
            "no node is running on state directory '" + state + "'" + detail,
            cause)
        .advise("Start it with `holdfast node --state " + state + "`.");
  }

  private static String text(Path state, String name) {
    return new String(bytes(state, name), StandardCharsets.UTF_8).strip();
  }

  private static byte[] bytes(Path state, String name) {
    try {
      return Files.readAllBytes(state.resolve(name));
    } catch (NoSuchFileException e) {
      throw notRunning(state, "", e);
    } catch (AccessDeniedException e) {
      throw new BackupException(
              Kind.PERMISSION, "no permission to read '" + state.resolve(name) + "'", e)
          .advise("Run this as the user that runs the node.");
    } catch (IOException e) {
      throw new BackupException(
          Kind.INTERNAL, "cannot read '" + state.resolve(name) + "': " + e, e);
    }
  }

  private static Fingerprint fingerprint(Path state, byte[] pem) {
    try {
      return Fingerprint.ofDer(
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(pem))
              .getEncoded());
    } catch (CertificateException e) {
      throw new BackupException(
          Kind.CORRUPT_DATA,
          "'"
              + state.resolve(NodeIdentity.CERTIFICATE_FILE)
              + "' holds no certificate: "
              + e.getMessage(),
          e);
    }
  }
}
