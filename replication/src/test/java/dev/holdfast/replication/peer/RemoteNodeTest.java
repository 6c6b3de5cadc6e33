package dev.holdfast.replication.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.testing.MemoryPeer;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.RawTlsServer;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.WireClient;
import dev.holdfast.replication.wire.WireSettings;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * At stake: a peer that refuses, changes or vanishes must be told apart, in words an operator can
 * act on.
 */
class RemoteNodeTest {
  private static final Credential TOKEN =
      new Credential.Token(AuthId.parse(MemoryPeer.TOKEN), new Secret(MemoryPeer.SECRET));
  private static final Credential PASSWORD =
      new Credential.Password(AuthId.parse(MemoryPeer.USER), new Secret(MemoryPeer.PASSWORD));

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final MemoryPeer peer = new MemoryPeer(VERTX.vertx());
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-24T12:00:00Z"));

  @AfterEach
  void stop() {
    peer.close();
  }

  private RemoteNode node(Credential credential) {
    return node(peer.address(), peer.trust(), credential, WireClient.ANSWER_TIMEOUT);
  }

  private RemoteNode node(
      HostAndPort address, PinnedTrust trust, Credential credential, Duration timeout) {
    return new RemoteNode(
        VERTX.vertx(),
        address,
        trust,
        credential,
        timeout,
        TlsEngine.choose(),
        WireSettings.DEFAULT,
        now::get);
  }

  private static BackupException failure(Supplier<?> call) {
    Throwable thrown = catchThrowable(call::get);
    assertThat(thrown).isInstanceOf(BackupException.class);
    return (BackupException) thrown;
  }

  private long logins() {
    return peer.requests.stream().filter(one -> one.endsWith("/access/ticket")).count();
  }

  @Test
  void parametersGoWhereRealClientsPutThem() {
    try (RemoteNode node = node(TOKEN)) {
      JsonNode got = node.get("/echo", Map.of("ns", "a/b c", "backup-type", "host"));
      assertThat(got.path("query").asText()).isEqualTo("backup-type=host&ns=a%2Fb+c");
      assertThat(got.path("type").asText()).isEqualTo("application/x-www-form-urlencoded");
      JsonNode posted = node.post("/echo", JsonNodeFactory.instance.objectNode().put("name", "ä"));
      assertThat(posted.path("body").path("name").asText()).isEqualTo("ä");
      assertThat(posted.path("type").asText()).isEqualTo("application/json");
      assertThat(node.post("/echo", null).path("body").isNull()).isTrue();
      assertThat(node.delete("/echo", Map.of("x", "1")).path("method").asText())
          .isEqualTo("DELETE");
      assertThat(node.call("GET", "/echo", Map.of(), null).path("total").asInt()).isEqualTo(7);
      assertThat(logins()).isZero();
    }
  }

  @Test
  void aPasswordBecomesATicketOnceAndIsRenewedInTime() {
    try (RemoteNode node = node(PASSWORD)) {
      node.get("/echo");
      node.get("/echo");
      assertThat(logins()).isEqualTo(1);
      now.updateAndGet(time -> time.plus(Duration.ofMinutes(16)));
      node.get("/echo");
      assertThat(logins()).isEqualTo(2);
    }
  }

  @Test
  void aTicketThatTheServerForgotIsAskedForAnewOnce() {
    try (RemoteNode node = node(PASSWORD)) {
      node.get("/echo");
      peer.tickets.clear();
      assertThat(node.get("/echo").isObject()).isTrue();
      assertThat(logins()).isEqualTo(2);
      // Also when it is found out at a renewal.
      peer.tickets.clear();
      now.updateAndGet(time -> time.plus(Duration.ofMinutes(16)));
      assertThat(node.get("/echo").isObject()).isTrue();
    }
  }

  @Test
  void wrongCredentialsAreSaidInTheServersWords() {
    Credential wrong = new Credential.Token(AuthId.parse(MemoryPeer.TOKEN), new Secret("another"));
    try (RemoteNode node = node(wrong)) {
      BackupException refusal = failure(() -> node.get("/echo"));
      assertThat(refusal.kind()).isEqualTo(Kind.UNAUTHENTICATED);
      assertThat(refusal).hasMessage("authentication failed - invalid credentials");
      assertThat(peer.requests).hasSize(1);
    }
    Credential mistyped = new Credential.Password(AuthId.parse(MemoryPeer.USER), new Secret("no"));
    try (RemoteNode node = node(mistyped)) {
      assertThat(failure(() -> node.get("/echo"))).hasMessage("permission check failed.");
      assertThat(logins()).isEqualTo(1);
    }
  }

  @Test
  void theLocalSecretIsACredential() {
    try (RemoteNode node = node(new Credential.Local(new Secret("local-secret")))) {
      assertThat(node.get("/echo").isObject()).isTrue();
    }
  }

  @Test
  void statusesBecomeKinds() {
    try (RemoteNode node = node(TOKEN)) {
      assertThat(failure(() -> node.get("/absent")).kind()).isEqualTo(Kind.NOT_FOUND);
      assertThat(failure(() -> node.get("/absent")))
          .hasMessage("Path '/api2/json/absent' not found.");
      assertThat(failure(() -> node.get("/forbidden")).kind()).isEqualTo(Kind.PERMISSION);
      assertThat(failure(() -> node.get("/nodata"))).hasMessage("got result without data property");
      assertThat(failure(() -> node.get("/nojson")))
          .hasMessageContaining("something that is not JSON");
    }
  }

  @Test
  void aWrongPinNamesPeerAndBothFingerprints() {
    Fingerprint other = Fingerprint.ofDer(new byte[] {7});
    try (RemoteNode node =
        node(peer.address(), PinnedTrust.of(other), TOKEN, WireClient.ANSWER_TIMEOUT)) {
      BackupException refusal = failure(() -> node.get("/echo"));
      assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNTRUSTED);
      assertThat(refusal)
          .hasMessageContaining(peer.address().toString())
          .hasMessageContaining("expected " + other)
          .hasMessageContaining("found fingerprint ");
    }
  }

  @Test
  void aClosedPortNamesHostAndPort() throws IOException {
    int port;
    try (ServerSocket gone = new ServerSocket(0)) {
      port = gone.getLocalPort();
    }
    try (RemoteNode node =
        node(new HostAndPort("127.0.0.1", port), peer.trust(), TOKEN, Duration.ofSeconds(5))) {
      BackupException refusal = failure(() -> node.get("/echo"));
      assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(refusal).hasMessageContaining("cannot reach 127.0.0.1:" + port + ": ");
      assertThat(refusal).hasMessageContaining("refused");
    }
  }

  @Test
  void aNameThatIsNoneIsUnreachable() {
    try (RemoteNode node =
        node(
            new HostAndPort("no-such-host.invalid", 8007),
            peer.trust(),
            TOKEN,
            Duration.ofSeconds(20))) {
      BackupException refusal = failure(() -> node.get("/echo"));
      assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(refusal).hasMessageContaining("no-such-host.invalid:8007");
    }
  }

  @Test
  void silenceEndsAtTheTimeout() throws Exception {
    try (RawTlsServer silent = new RawTlsServer(RawTls::awaitEnd);
        RemoteNode node =
            node(
                new HostAndPort("127.0.0.1", silent.port()),
                PinnedTrust.of(silent.fingerprint()),
                TOKEN,
                Duration.ofMillis(300))) {
      BackupException refusal = failure(() -> node.get("/echo"));
      assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(refusal).hasMessageContaining("127.0.0.1:" + silent.port());
    }
  }
}
