package dev.holdfast.node.session;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ErrorMapping;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireSource;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a reader session (spec/protocols.md §6.2). Only chunks of indexes that were
 * downloaded in this session are given out: to know a digest does not give its content.
 */
final class ReaderProtocol extends SessionProtocol {
  static final String NAME = "proxmox-backup-reader-protocol-v1";

  private static final int SPEED_TEST_BYTES = 1 << 20;

  private final Datastore store;
  private final Namespace namespace;
  private final SnapshotId snapshot;
  private final Runnable release;
  private final Set<Digest> allowed = ConcurrentHashMap.newKeySet();

  /**
   * @param release gives back the datastore and the shared lock of the snapshot
   */
  ReaderProtocol(
      Executor workers,
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      SnapshotId snapshot,
      Runnable release) {
    super(workers, task, ErrorMapping.Surface.READER_SESSION);
    this.store = store;
    this.namespace = namespace;
    this.snapshot = snapshot;
    this.release = release;
    onRaw("GET /download", ParamSchema.streaming(Param.archiveName("file-name")), this::download);
    onRaw(
        "GET /chunk",
        ParamSchema.streaming(Param.text("digest", 64, 64, "[a-f0-9]{64}")),
        this::chunk);
    onRaw("GET /speedtest", ParamSchema.NONE, this::speedTest);
  }

  private void download(Params p, WireExchange exchange) {
    String name = p.text("file-name");
    withRoom(
        exchange,
        () -> {
          ArchiveName file = new ArchiveName(name);
          task.log("download \"" + store.relativePath(namespace, snapshot) + "/" + file + "\"");
          if (file.isIndex()) {
            register(SessionFiles.index(store, namespace, snapshot, file));
            task.log("register chunks in '" + file + "' as downloadable.");
          }
          exchange.stream(
              200,
              ApiResult.BINARY_TYPE,
              workers,
              SessionFiles.open(store, namespace, snapshot, file));
        });
  }

  // Before the download begins, so that a client can ask for the first chunk as soon as it has read
  // its entry.
  private void register(ChunkIndex index) {
    for (int i = 0; i < index.chunkCount(); i++) {
      allowed.add(index.digest(i));
    }
  }

  private void chunk(Params p, WireExchange exchange) {
    Digest digest = Digest.parse(p.text("digest"));
    if (!allowed.contains(digest)) {
      queue.execute(
          () ->
              task.log(
                  "attempted to download chunk "
                      + digest
                      + " which is not in registered chunk list"));
      throw new BackupException(Kind.UNAUTHENTICATED, "download chunk " + digest + " not allowed");
    }
    withRoom(exchange, () -> exchange.stream(200, ApiResult.BINARY_TYPE, workers, open(digest)));
  }

  private void withRoom(WireExchange exchange, Runnable work) {
    exchange.room().onSuccess(none -> parallel(exchange, work)).onFailure(e -> fail(exchange, e));
  }

  private WireSource open(Digest digest) {
    try {
      return FileSource.ofChunk(store.chunks().open(digest));
    } catch (BackupException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
      // 400 here: 404 would read as "no such endpoint" to a client.
      throw new BackupException(
          Kind.INVALID_INPUT, "reading file \"" + digest + "\" failed: " + e.text(), e);
    }
  }

  private void speedTest(Params p, WireExchange exchange) {
    byte[] data = new byte[SPEED_TEST_BYTES];
    Arrays.fill(data, (byte) 'A');
    exchange.answer(200, ApiResult.BINARY_TYPE, data);
  }

  @Override
  void ended(@Nullable Throwable cause) {
    // Before the task ends: whoever waits for that may remove the snapshot at once.
    release.run();
    if (cause == null) {
      task.log("reader finished successfully");
      task.finish(null);
    } else {
      task.finish(BackupException.invalid("connection error: " + cause.getMessage()));
    }
  }
}
