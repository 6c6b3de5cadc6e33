package dev.holdfast.replication.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.wire.WireConnection;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireHandler;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of a backup session over a real datastore, for tests: strict about what a
 * client must keep (spec/protocols.md §4), simple about everything else. Disk work is done in
 * order, off the event loop.
 */
public final class StoreBackup implements WireHandler {
  private static final int FIXED_CHUNK_BYTES = 4 << 20;
  private static final int BODY_BYTES_MAX = 32 << 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Datastore store;
  private final Namespace namespace;
  private final Consumer<WireExchange> watcher;
  private final GroupLock group;
  private final Optional<SnapshotId> last;
  private final SnapshotWriter writer;
  private final Map<Digest, Integer> known = new HashMap<>();
  private final Map<Integer, Index> indexes = new HashMap<>();
  private int lastIndex;

  /** False as it was before 3.3: then the group is free when the connection has ended. */
  public boolean freesGroupAtFinish = true;

  private sealed interface Index {
    record Dynamic(DynamicIndexWriter file) implements Index {}

    record Fixed(FixedIndexWriter file) implements Index {}
  }

  private StoreBackup(
      Datastore store,
      Namespace namespace,
      SnapshotId snapshot,
      GroupLock group,
      Consumer<WireExchange> watcher) {
    this.store = store;
    this.namespace = namespace;
    this.watcher = watcher;
    this.group = group;
    this.last = store.lastFinished(namespace, snapshot.group());
    if (last.isPresent() && last.get().time() >= snapshot.time()) {
      throw BackupException.invalid("backup timestamp is older than last backup.");
    }
    this.writer = store.beginSnapshot(namespace, snapshot);
  }

  /**
   * Begins a session; blocks on the disk.
   *
   * @param watcher sees each request first, on the event loop; what it throws is the answer
   */
  public static StoreBackup open(
      Datastore store,
      Namespace namespace,
      SnapshotId snapshot,
      AuthId caller,
      Consumer<WireExchange> watcher) {
    if (!store.namespaceExists(namespace)) {
      throw BackupException.notFound("namespace not found");
    }
    GroupLock group = store.lockGroup(namespace, snapshot.group(), caller);
    try {
      AuthId owner = store.owner(namespace, snapshot.group());
      if (!owner.equals(caller)) {
        throw BackupException.invalid(
            "backup owner check failed (" + caller + " != " + owner + ")");
      }
      return new StoreBackup(store, namespace, snapshot, group, watcher);
    } catch (RuntimeException e) {
      group.close();
      throw e;
    }
  }

  @Override
  public void opened(WireConnection connection) {}

  @Override
  public void closed(@Nullable Throwable cause) {
    Context context = Vertx.currentContext();
    var unused =
        context.executeBlocking(
            () -> {
              end();
              return true;
            });
  }

  /** What an end before the finish leaves: nothing. */
  public void end() {
    for (Index index : indexes.values()) {
      switch (index) {
        case Index.Dynamic dynamic -> dynamic.file().close();
        case Index.Fixed fixed -> fixed.file().close();
      }
    }
    indexes.clear();
    writer.close();
    group.close();
  }

  @Override
  public void request(WireExchange exchange) {
    BackupException refusal = refusal(exchange);
    Context context = Vertx.currentContext();
    exchange
        .body(0, BODY_BYTES_MAX)
        .onSuccess(
            body -> {
              var unused =
                  context
                      .executeBlocking(
                          () -> {
                            if (refusal != null) {
                              throw refusal;
                            }
                            return answer(
                                exchange, StoreLists.query(exchange.query()), body.bytes());
                          })
                      .onSuccess(answer -> exchange.answer(200, null, answer))
                      .onFailure(failure -> fail(exchange, failure));
            });
  }

  private @Nullable BackupException refusal(WireExchange exchange) {
    try {
      watcher.accept(exchange);
      return null;
    } catch (BackupException e) {
      return e;
    }
  }

  private static void fail(WireExchange exchange, Throwable failure) {
    int status =
        failure instanceof BackupException e && e.kind() == BackupException.Kind.NOT_FOUND
            ? 404
            : 400;
    exchange.answer(
        status, null, String.valueOf(failure.getMessage()).getBytes(StandardCharsets.UTF_8));
  }

  private byte[] answer(WireExchange exchange, Map<String, String> query, byte[] body) {
    return switch (exchange.method() + " " + exchange.path()) {
      case "GET /previous" -> previous(new ArchiveName(required(query, "archive-name")));
      case "POST /blob" -> {
        requireLength(query, body);
        writer.blob(new ArchiveName(required(query, "file-name")), body);
        yield data("null");
      }
      case "POST /dynamic_index" -> {
        ArchiveName name = new ArchiveName(required(query, "archive-name"));
        yield register(new Index.Dynamic(writer.dynamicIndex(name)));
      }
      case "POST /fixed_index" -> {
        ArchiveName name = new ArchiveName(required(query, "archive-name"));
        long size = Long.parseLong(required(query, "size"));
        yield register(new Index.Fixed(writer.fixedIndex(name, size, FIXED_CHUNK_BYTES)));
      }
      case "POST /dynamic_chunk", "POST /fixed_chunk" -> chunk(query, body);
      case "PUT /dynamic_index", "PUT /fixed_index" -> append(body);
      case "POST /dynamic_close", "POST /fixed_close" -> close(query);
      case "POST /finish" -> {
        if (!indexes.isEmpty()) {
          throw BackupException.invalid("found open index writer - unable to finish backup");
        }
        writer.finish(manifest -> manifest);
        if (freesGroupAtFinish) {
          group.close();
        }
        yield data("null");
      }
      default -> throw BackupException.notFound("Path '" + exchange.path() + "' not found.");
    };
  }

  private byte[] previous(ArchiveName name) {
    SnapshotId from = last.orElseThrow(() -> BackupException.invalid("no valid previous backup"));
    if (name.isIndex()) {
      ChunkIndex index = store.readIndex(namespace, from, name);
      for (int i = 0; i < index.chunkCount(); i++) {
        known.put(index.digest(i), index.chunkBytes(i));
      }
    }
    try {
      return Files.readAllBytes(store.snapshotPath(namespace, from).resolve(name.text()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] register(Index index) {
    indexes.put(++lastIndex, index);
    return data(Integer.toString(lastIndex));
  }

  private byte[] chunk(Map<String, String> query, byte[] body) {
    requireLength(query, body);
    Digest digest = Digest.parse(required(query, "digest"));
    int plainBytes = Integer.parseInt(required(query, "size"));
    ChunkCheck.upload(body, body.length, digest, plainBytes);
    var unused = store.chunks().insert(digest, body, body.length);
    known.put(digest, plainBytes);
    return data("\"" + digest + "\"");
  }

  private byte[] append(byte[] body) {
    JsonNode json = read(body);
    Index index = index(json.path("wid").asInt());
    for (int i = 0; i < json.path("digest-list").size(); i++) {
      Digest digest = Digest.parse(json.path("digest-list").get(i).asText());
      long start = json.path("offset-list").get(i).asLong();
      Integer plainBytes = known.get(digest);
      if (plainBytes == null) {
        throw BackupException.invalid("no such chunk " + digest);
      }
      switch (index) {
        case Index.Dynamic(DynamicIndexWriter file) -> {
          if (file.contentBytes() != start) {
            throw BackupException.invalid(
                "got strange chunk offset (" + file.contentBytes() + " != " + start + ")");
          }
          file.append(start + plainBytes, digest);
        }
        case Index.Fixed(FixedIndexWriter file) -> file.set(start, plainBytes, digest);
      }
    }
    return data("null");
  }

  private byte[] close(Map<String, String> query) {
    int id = Integer.parseInt(required(query, "wid"));
    Index index = index(id);
    String given =
        required(query, "chunk-count") + " " + required(query, "size") + " " + query.get("csum");
    switch (index) {
      case Index.Dynamic(DynamicIndexWriter file) -> {
        requireEqual(given, file.chunkCount() + " " + file.contentBytes() + " " + file.checksum());
        file.finish();
      }
      case Index.Fixed(FixedIndexWriter file) -> {
        requireEqual(given, file.chunkCount() + " " + file.contentBytes() + " " + file.checksum());
        file.finish();
      }
    }
    indexes.remove(id);
    return data("null");
  }

  private static void requireEqual(String given, String have) {
    if (!given.equals(have)) {
      throw BackupException.invalid("writer close failed (" + have + " != " + given + ")");
    }
  }

  private Index index(int id) {
    Index index = indexes.get(id);
    if (index == null) {
      throw BackupException.invalid("dynamic writer '" + id + "' not registered");
    }
    return index;
  }

  private static void requireLength(Map<String, String> query, byte[] body) {
    if (Integer.parseInt(required(query, "encoded-size")) != body.length) {
      throw BackupException.invalid("uploaded chunk has unexpected size.");
    }
  }

  private static String required(Map<String, String> query, String name) {
    String value = query.get(name);
    if (value == null) {
      throw BackupException.invalid("parameter verification failed - '" + name + "': missing");
    }
    return value;
  }

  private static JsonNode read(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] data(String json) {
    return ("{\"data\":" + json + "}").getBytes(StandardCharsets.UTF_8);
  }
}
