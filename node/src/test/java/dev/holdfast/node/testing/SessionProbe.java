package dev.holdfast.node.testing;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.WireClient;
import dev.holdfast.replication.wire.WireResponse;
import dev.holdfast.replication.wire.WireSession;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.Vertx;
import java.util.Map;

/** An upgraded session in which a test writes every request itself, wrong ones too. */
public final class SessionProbe implements AutoCloseable {
  private final WireClient client;
  private final WireSession session;

  /** A status and a text: what a client sees of an answer. */
  public record Answer(int status, String text) {}

  private SessionProbe(WireClient client, WireSession session) {
    this.client = client;
    this.session = session;
  }

  /** A backup session; throws the node's refusal when it does not open one. */
  public static SessionProbe backup(
      Vertx vertx,
      TestNode node,
      Credential.Token token,
      Namespace namespace,
      SnapshotId snapshot) {
    WireClient client = new WireClient(vertx, node.trust(), WireSettings.DEFAULT);
    try {
      return new SessionProbe(
          client,
          StrictVertx.await(
              client.open(
                  node.address().host(),
                  node.address().port(),
                  target(namespace, snapshot),
                  "proxmox-backup-protocol-v1",
                  Map.of("Authorization", authorization(token)))));
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /** Path and query of the upgrade. */
  public static String target(Namespace namespace, SnapshotId snapshot) {
    return "/api2/json/backup?store="
        + TestNode.STORE
        + (namespace.isRoot() ? "" : "&ns=" + namespace)
        + "&backup-type="
        + snapshot.group().type().text()
        + "&backup-id="
        + snapshot.group().id()
        + "&backup-time="
        + snapshot.time();
  }

  /** The header's value. */
  public static String authorization(Credential.Token token) {
    return "PBSAPIToken=" + token.id() + ":" + token.secret().reveal();
  }

  /**
   * @param head method, path and query, {@code POST /finish}
   */
  public Answer call(String head) {
    return call(head, new byte[0]);
  }

  public Answer call(String head, byte[] body) {
    String[] words = head.split(" ", 2);
    String type =
        body.length == 0 ? "application/x-www-form-urlencoded" : "application/octet-stream";
    WireResponse answer =
        StrictVertx.await(session.request(words[0], words[1], type, body, 0, body.length));
    return new Answer(answer.status(), answer.text());
  }

  @Override
  public void close() {
    session.close();
    client.close();
  }
}
