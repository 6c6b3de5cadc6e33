package dev.holdfast.replication.testing;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.wire.WireConnection;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireHandler;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The server's side of a reader session over a real datastore (spec/protocols.md §6). */
final class StoreReader implements WireHandler {
  private final StoreServer server;
  private final Datastore store;
  private final Namespace namespace;
  private final SnapshotId snapshot;
  private final Lease lock;
  private final Set<Digest> allowed = ConcurrentHashMap.newKeySet();

  /** Blocks on the disk. */
  StoreReader(StoreServer server, Datastore store, Namespace namespace, SnapshotId snapshot) {
    this.server = server;
    this.store = store;
    this.namespace = namespace;
    this.snapshot = snapshot;
    if (!store.snapshotExists(namespace, snapshot)) {
      throw BackupException.invalid("snapshot " + snapshot + " does not exist.");
    }
    this.lock = store.lockSnapshotShared(namespace, snapshot);
    server.sessions(+1);
  }

  @Override
  public void opened(WireConnection connection) {}

  @Override
  public void closed(@Nullable Throwable cause) {
    lock.close();
    server.sessions(-1);
  }

  @Override
  public void request(WireExchange exchange) {
    server.requests.add(exchange.method() + " " + exchange.path());
    Context context = Vertx.currentContext();
    var unused =
        exchange
            .body(0, 0)
            .compose(body -> server.before.apply(exchange))
            .compose(
                go ->
                    context.executeBlocking(
                        () ->
                            server.replace.apply(
                                exchange, answer(exchange, StoreLists.query(exchange.query()))),
                        false))
            .onComplete(
                answer -> exchange.answer(200, "application/octet-stream", answer),
                failure ->
                    exchange.answer(
                        StoreServer.status(failure),
                        null,
                        String.valueOf(failure.getMessage()).getBytes(StandardCharsets.UTF_8)));
  }

  private byte[] answer(WireExchange exchange, Map<String, String> query) throws IOException {
    return switch (exchange.path()) {
      case "/download" -> download(new ArchiveName(query.getOrDefault("file-name", "")));
      case "/chunk" -> chunk(Digest.parse(query.getOrDefault("digest", "")));
      default -> throw BackupException.notFound("Path '" + exchange.path() + "' not found.");
    };
  }

  private byte[] download(ArchiveName name) throws IOException {
    Path file = store.snapshotPath(namespace, snapshot).resolve(name.text());
    if (!Files.exists(file)) {
      throw BackupException.notFound("open file \"" + name + "\" failed - not found");
    }
    if (name.isIndex()) {
      ChunkIndex index = store.readIndex(namespace, snapshot, name);
      for (int i = 0; i < index.chunkCount(); i++) {
        allowed.add(index.digest(i));
      }
    }
    return Files.readAllBytes(file);
  }

  private byte[] chunk(Digest digest) {
    if (!allowed.contains(digest)) {
      throw new BackupException(Kind.UNAUTHENTICATED, "download chunk " + digest + " not allowed");
    }
    try {
      return store.chunks().read(digest);
    } catch (BackupException e) {
      throw BackupException.invalid("reading file \"" + digest + "\" failed: " + e.text());
    }
  }
}
