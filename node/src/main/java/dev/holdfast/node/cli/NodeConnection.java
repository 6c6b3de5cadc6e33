package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TransferRate;
import dev.holdfast.replication.wire.WireClient;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A node for the length of one command. Waits for answers; used by the command's thread. */
final class NodeConnection implements AutoCloseable {
  /** One connection is one loop's work; the second is for calls beside a session. */
  private static final int EVENT_LOOPS = 2;

  /** Name look-ups, and nothing else. */
  private static final int INTERNAL_THREADS = 2;

  private final Vertx vertx;
  private final RemoteNode node;
  private final @Nullable DatastoreName datastore;

  NodeConnection(
      HostAndPort address,
      PinnedTrust trust,
      Credential credential,
      @Nullable DatastoreName datastore,
      TransferRate rate) {
    this.vertx = createVertx();
    this.node = new RemoteNode(vertx, address, trust, credential, WireClient.ANSWER_TIMEOUT, rate);
    this.datastore = datastore;
  }

  private static Vertx createVertx() {
    // The system's own resolver knows what the user's other programs know, and needs no start.
    System.setProperty("vertx.disableDnsResolver", "true");
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(EVENT_LOOPS)
            .setInternalBlockingPoolSize(INTERNAL_THREADS)
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setClassPathResolvingEnabled(false)
                    .setFileCachingEnabled(false)));
  }

  RemoteNode node() {
    return node;
  }

  Optional<DatastoreName> namedDatastore() {
    return Optional.ofNullable(datastore);
  }

  /** Throws a usage error when none was named. */
  DatastoreName datastore() {
    if (datastore == null) {
      throw new UsageException("no datastore was named", "Add --repository DATASTORE.");
    }
    return datastore;
  }

  /** Path of the datastore's calls, and what follows. */
  String storePath(String rest) {
    return "/admin/datastore/" + segment(datastore().text()) + rest;
  }

  JsonNode get(String path, Map<String, String> query) {
    return node.get(path, query);
  }

  JsonNode get(String path) {
    return node.get(path);
  }

  JsonNode post(String path, @Nullable ObjectNode body) {
    return node.post(path, body);
  }

  JsonNode put(String path, ObjectNode body) {
    return node.put(path, body);
  }

  void delete(String path, Map<String, String> query) {
    var unused = node.delete(path, query);
  }

  /** As {@link #delete}, of what takes a task; returns its id. */
  String deleteInTask(String path, Map<String, String> query) {
    return node.delete(path, query).asText();
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Parameters that name a namespace; none for the root, which older servers do not know. */
  static Map<String, String> query(Namespace namespace) {
    Map<String, String> query = new TreeMap<>();
    if (!namespace.isRoot()) {
      query.put("ns", namespace.toString());
    }
    return query;
  }

  /** One component of a path: user names may hold anything but a slash. */
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    node.close();
    var unused = vertx.close();
  }
}
