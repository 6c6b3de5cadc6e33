package dev.holdfast.node.testing;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
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
  public static final String FORM = "application/x-www-form-urlencoded";
  public static final String BINARY = "application/octet-stream";

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
    return open(vertx, node, token, "proxmox-backup-protocol-v1", target(namespace, snapshot));
  }

  /** A reader session; throws the node's refusal when it does not open one. */
  public static SessionProbe reader(
      Vertx vertx,
      TestNode node,
      Credential.Token token,
      Namespace namespace,
      SnapshotId snapshot) {
    return open(
        vertx, node, token, "proxmox-backup-reader-protocol-v1", readerTarget(namespace, snapshot));
  }

  private static SessionProbe open(
      Vertx vertx, TestNode node, Credential.Token token, String protocol, String target) {
    WireClient client = new WireClient(vertx, node.trust(), WireSettings.DEFAULT);
    HostAndPort address = node.address();
    Map<String, String> headers = Map.of("Authorization", authorization(token));
    try {
      return new SessionProbe(
          client,
          StrictVertx.await(
              client.open(address.host(), address.port(), target, protocol, headers)));
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /** Path and query of the upgrade to a backup session. */
  public static String target(Namespace namespace, SnapshotId snapshot) {
    return "/api2/json/backup" + query(namespace, snapshot);
  }

  /** Path and query of the upgrade to a reader session. */
  public static String readerTarget(Namespace namespace, SnapshotId snapshot) {
    return "/api2/json/reader" + query(namespace, snapshot);
  }

  private static String query(Namespace namespace, SnapshotId snapshot) {
    return "?store="
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
    WireResponse answer = send(head, body.length == 0 ? FORM : BINARY, body);
    return new Answer(answer.status(), answer.text());
  }

  /** As {@link #call}, with all of the answer. */
  public WireResponse send(String head, String contentType, byte[] body) {
    String[] words = head.split(" ", 2);
    return StrictVertx.await(
        session.request(words[0], words[1], contentType, body, 0, body.length));
  }

  @Override
  public void close() {
    session.close();
    client.close();
  }
}
