package dev.holdfast.replication.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TransferRate;
import dev.holdfast.replication.wire.WireClient;
import dev.holdfast.replication.wire.WireResponse;
import dev.holdfast.replication.wire.WireSession;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Another node (or a real PBS, or our own node for the command line): REST calls and sessions, over
 * TLS with a pinned certificate.
 *
 * <p>Every method waits; call it from virtual threads, pools or the main thread, never from an
 * event loop. Safe for use by several threads. Errors: the server's text with a kind by its status;
 * PEER_UNREACHABLE naming host and port; PEER_UNTRUSTED naming both fingerprints.
 */
public final class RemoteNode implements AutoCloseable {
  private static final String JSON = "application/json";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String BACKUP_PROTOCOL = "proxmox-backup-protocol-v1";
  private static final String READER_PROTOCOL = "proxmox-backup-reader-protocol-v1";
  private static final byte[] NONE = new byte[0];
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HostAndPort address;
  private final RestTransport rest;
  private final WireClient wire;
  private final Login login;
  private final Duration answerTimeout;

  /**
   * @param answerTimeout for the answer of any call, the 101 included; {@link
   *     WireClient#ANSWER_TIMEOUT} is what real clients have
   */
  public RemoteNode(
      Vertx vertx,
      HostAndPort address,
      PinnedTrust trust,
      Credential credential,
      Duration answerTimeout) {
    this(vertx, address, trust, credential, answerTimeout, TransferRate.UNLIMITED);
  }

  /**
   * @param rate of each session; REST calls are not slowed down
   */
  public RemoteNode(
      Vertx vertx,
      HostAndPort address,
      PinnedTrust trust,
      Credential credential,
      Duration answerTimeout,
      TransferRate rate) {
    this(
        vertx,
        address,
        trust,
        credential,
        answerTimeout,
        TlsEngine.choose(),
        WireSettings.DEFAULT,
        InstantSource.system(),
        rate);
  }

  /**
   * @param clock tells when a ticket is old
   */
  public RemoteNode(
      Vertx vertx,
      HostAndPort address,
      PinnedTrust trust,
      Credential credential,
      Duration answerTimeout,
      TlsEngine engine,
      WireSettings settings,
      InstantSource clock) {
    this(
        vertx,
        address,
        trust,
        credential,
        answerTimeout,
        engine,
        settings,
        clock,
        TransferRate.UNLIMITED);
  }

  private RemoteNode(
      Vertx vertx,
      HostAndPort address,
      PinnedTrust trust,
      Credential credential,
      Duration answerTimeout,
      TlsEngine engine,
      WireSettings settings,
      InstantSource clock,
      TransferRate rate) {
    this.address = address;
    this.answerTimeout = answerTimeout;
    this.rest = new RestTransport(vertx, address, trust, engine, answerTimeout);
    this.wire = new WireClient(vertx, trust, settings, engine, answerTimeout, rate);
    this.login = new Login(credential, clock, this::askForTicket);
  }

  public HostAndPort address() {
    return address;
  }

  /** Logs in now instead of with the first call; a credential without a login is not tried. */
  public void logIn() {
    var unused = login.headers();
  }

  /** What the last login gave; empty without one. */
  public Optional<HeldTicket> ticket() {
    return login.held();
  }

  /** GET of a path below {@code /api2/json}; returns the answer's {@code data}. */
  public JsonNode get(String path, Map<String, String> query) {
    return data(call("GET", path, query, null));
  }

  public JsonNode get(String path) {
    return get(path, Map.of());
  }

  /** POST with a JSON object; without parameters pass null. */
  public JsonNode post(String path, @Nullable JsonNode body) {
    return data(call("POST", path, Map.of(), body));
  }

  public JsonNode put(String path, @Nullable JsonNode body) {
    return data(call("PUT", path, Map.of(), body));
  }

  public JsonNode delete(String path, Map<String, String> query) {
    return data(call("DELETE", path, query, null));
  }

  /**
   * The whole answer object: {@code data} and the attributes beside it ({@code total}, {@code
   * digest}).
   */
  public JsonNode call(
      String method, String path, Map<String, String> query, @Nullable JsonNode body) {
    byte[] bytes = body == null ? NONE : json(body);
    String type = body == null ? FORM : JSON;
    return parse(authenticated(method, path, query, type, bytes));
  }

  /** POST of raw bytes, parameters in the query (an upload). */
  public JsonNode upload(String path, Map<String, String> query, byte[] body) {
    return data(parse(authenticated("POST", path, query, "application/octet-stream", body)));
  }

  /** GET of raw bytes (a file over REST). */
  public byte[] download(String path, Map<String, String> query) {
    return authenticated("GET", path, query, FORM, NONE).body();
  }

  /**
   * Opens a writing session for a new snapshot (spec/protocols.md §4.1).
   *
   * @param benchmark stores nothing in the end; only for {@code host/benchmark}
   */
  public BackupSession openBackup(
      DatastoreName datastore, Namespace namespace, SnapshotId snapshot, boolean benchmark) {
    Map<String, String> query = snapshotQuery(datastore, namespace, snapshot);
    query.put("benchmark", Boolean.toString(benchmark));
    return new BackupSession(
        open("/api2/json/backup", query, BACKUP_PROTOCOL), address.toString(), answerTimeout);
  }

  /**
   * Opens a reading session on a snapshot (spec/protocols.md §6.1), which cannot be removed
   * meanwhile.
   */
  public ReaderSession openReader(
      DatastoreName datastore, Namespace namespace, SnapshotId snapshot) {
    Map<String, String> query = snapshotQuery(datastore, namespace, snapshot);
    return new ReaderSession(
        open("/api2/json/reader", query, READER_PROTOCOL), address.toString(), answerTimeout);
  }

  private static Map<String, String> snapshotQuery(
      DatastoreName datastore, Namespace namespace, SnapshotId snapshot) {
    Map<String, String> query = new HashMap<>();
    query.put("store", datastore.toString());
    query.put("backup-type", snapshot.group().type().text());
    query.put("backup-id", snapshot.group().id());
    query.put("backup-time", Long.toString(snapshot.time()));
    query.put("debug", "false");
    if (!namespace.isRoot()) {
      query.put("ns", namespace.toString());
    }
    return query;
  }

  private WireSession open(String path, Map<String, String> query, String protocol) {
    String target = QueryText.append(path, query);
    return retryLogin(
        () ->
            Blocking.await(
                wire.open(address.host(), address.port(), target, protocol, login.headers()),
                answerTimeout.plus(WireClient.CONNECT_TIMEOUT.multipliedBy(2)),
                address.toString()));
  }

  private WireResponse authenticated(
      String method, String path, Map<String, String> query, String type, byte[] body) {
    String target = QueryText.append("/api2/json" + path, query);
    return retryLogin(() -> rest.exchange(method, target, login.headers(), type, body).orThrow());
  }

  /** A ticket may end at any time (a restarted peer with a new key): log in again, once. */
  private <T> T retryLogin(Supplier<T> call) {
    try {
      return call.get();
    } catch (BackupException e) {
      if (e.kind() != Kind.UNAUTHENTICATED || !login.forget()) {
        throw e;
      }
      return call.get();
    }
  }

  private JsonNode askForTicket(ObjectNode form) {
    return data(
        parse(
            rest.exchange("POST", "/api2/json/access/ticket", Map.of(), JSON, json(form))
                .orThrow()));
  }

  private JsonNode parse(WireResponse answer) {
    return parse(answer.body(), address.toString());
  }

  static JsonNode parse(byte[] body, String peer) {
    try {
      return MAPPER.readTree(body);
    } catch (IOException e) {
      throw new BackupException(
              Kind.UNSUPPORTED_VERSION, peer + " answered with something that is not JSON", e)
          .with("peer", peer);
    }
  }

  /** Real clients insist on it, too (spec/protocols.md §3.1). */
  static JsonNode data(JsonNode answer) {
    JsonNode data = answer.get("data");
    if (data == null) {
      throw new BackupException(Kind.UNSUPPORTED_VERSION, "got result without data property");
    }
    return data instanceof NullNode ? NullNode.getInstance() : data;
  }

  static byte[] json(JsonNode body) {
    try {
      return MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always written", e);
    }
  }

  @Override
  public void close() {
    rest.close();
    wire.close();
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
