package dev.holdfast.node.session;

import static dev.holdfast.node.api.Param.bool;
import static dev.holdfast.node.api.Param.integer;
import static dev.holdfast.node.api.Param.text;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.InsertResult;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
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
import dev.holdfast.replication.wire.WireBody;
import dev.holdfast.replication.wire.WireExchange;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The endpoints of a backup session (spec/protocols.md §4.5), around {@link BackupState}. */
final class BackupProtocol extends SessionProtocol {
  static final String NAME = "proxmox-backup-protocol-v1";

  /** What the benchmark of real clients sends in one request is 4 MiB. */
  private static final int SPEED_TEST_BYTES_MAX = 64 << 20;

  private static final String DYNAMIC = "dynamic";
  private static final String FIXED = "fixed";

  private static final Param WID = integer("wid", 1, BackupState.WRITERS_MAX);
  private static final Param ARCHIVE = Param.archiveName("archive-name");
  private static final Param CHUNK_DIGEST = text("digest", 64, 64, "[a-f0-9]{64}");
  private static final ParamSchema CHUNK =
      ParamSchema.streaming(
          WID,
          CHUNK_DIGEST,
          integer("size", 1, DataBlob.CHUNK_PLAIN_BYTES_MAX),
          integer("encoded-size", DataBlob.HEADER_BYTES + 1, DataBlob.CHUNK_ENCODED_BYTES_MAX));
  private static final ParamSchema BLOB =
      ParamSchema.streaming(
          Param.archiveName("file-name"),
          integer("encoded-size", DataBlob.HEADER_BYTES, DataBlob.BLOB_ENCODED_BYTES_MAX));
  private static final ParamSchema APPEND =
      ParamSchema.of(
          WID,
          text("digest-list", 64, 64, "[a-f0-9]{64}").list(),
          integer("offset-list", 0, Long.MAX_VALUE).list());

  /** What becomes of the session when it has ended. */
  interface End {
    /**
     * Gives back the session's locks.
     *
     * @param finished whether there is a new snapshot
     */
    void ended(boolean finished);
  }

  /** For the chunks that workers store: one for each of them. */
  private static final ChunkBuffers CHUNKS = new ChunkBuffers();

  private final Datastore store;
  private final Namespace namespace;
  private final BackupState state;
  private final boolean benchmark;
  private final Runnable onFinish;
  private final End end;

  /**
   * @param onFinish runs right after a successful finish, before its answer: releases locks, tells
   *     the mesh
   */
  BackupProtocol(
      Executor workers,
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      BackupState state,
      boolean benchmark,
      Runnable onFinish,
      End end) {
    super(workers, task, ErrorMapping.Surface.BACKUP_SESSION);
    this.store = store;
    this.namespace = namespace;
    this.state = state;
    this.benchmark = benchmark;
    this.onFinish = onFinish;
    this.end = end;
    on(
        "POST /dynamic_index",
        ParamSchema.of(ARCHIVE),
        p -> ApiResult.of(IntNode.valueOf(state.createDynamic(p.text("archive-name")))));
    on(
        "POST /fixed_index",
        ParamSchema.of(
            ARCHIVE,
            integer("size", 1, Long.MAX_VALUE).orNone(),
            text("reuse-csum", 64, 64, "[a-f0-9]{64}").orNone()),
        this::createFixed);
    on("PUT /dynamic_index", APPEND, p -> append(DYNAMIC, p));
    on("PUT /fixed_index", APPEND, p -> append(FIXED, p));
    onRaw("POST /dynamic_chunk", CHUNK, (p, exchange) -> chunk(DYNAMIC, p, exchange));
    onRaw("POST /fixed_chunk", CHUNK, (p, exchange) -> chunk(FIXED, p, exchange));
    on("POST /dynamic_close", close(1), p -> close(DYNAMIC, p));
    on("POST /fixed_close", close(0), p -> close(FIXED, p));
    onRaw("POST /blob", BLOB, this::blob);
    onRaw("GET /previous", ParamSchema.streaming(ARCHIVE), this::previous);
    on("GET /previous_backup_time", ParamSchema.NONE, p -> previousTime());
    on("POST /finish", ParamSchema.NONE, p -> finish());
    onRaw("POST /speedtest", ParamSchema.streaming(bool("ignored")), this::speedTest);
  }

  private static ParamSchema close(int chunksMin) {
    return ParamSchema.of(
        WID,
        integer("chunk-count", chunksMin, Long.MAX_VALUE),
        integer("size", chunksMin, Long.MAX_VALUE),
        Param.anyText("csum"));
  }

  private ApiResult createFixed(Params p) {
    Digest reuse = p.optionalText("reuse-csum").map(Digest::parse).orElse(null);
    return ApiResult.of(
        IntNode.valueOf(
            state.createFixed(p.text("archive-name"), p.optionalInteger("size"), reuse)));
  }

  private ApiResult append(String kind, Params p) {
    List<Digest> digests = p.texts("digest-list").stream().map(Digest::parse).toList();
    state.append(kind, (int) p.integer("wid"), digests, p.integers("offset-list"));
    return ApiResult.none();
  }

  private ApiResult close(String kind, Params p) {
    String csum = p.text("csum");
    if (!csum.matches("[a-fA-F0-9]{64}")) {
      // Looked at first; the writer stays.
      throw BackupException.invalid("Invalid string length");
    }
    state.close(
        kind,
        (int) p.integer("wid"),
        p.integer("chunk-count"),
        p.integer("size"),
        Digest.parse(csum.toLowerCase(java.util.Locale.ROOT)));
    return ApiResult.none();
  }

  private void chunk(String kind, Params p, WireExchange exchange) {
    int announced = (int) p.integer("encoded-size");
    Digest digest = Digest.parse(p.text("digest"));
    int wid = (int) p.integer("wid");
    int plainBytes = (int) p.integer("size");
    exchange
        .body(announced, announced)
        .onSuccess(
            body ->
                parallel(
                    exchange,
                    () -> storeChunk(kind, wid, digest, plainBytes, announced, body, exchange)))
        .onFailure(
            e ->
                fail(
                    exchange,
                    WireExchange.isOverflow(e)
                        ? BackupException.invalid("uploaded chunk is larger than announced.")
                        : e));
  }

  private void storeChunk(
      String kind,
      int wid,
      Digest digest,
      int plainBytes,
      int announced,
      WireBody body,
      WireExchange exchange) {
    if (body.length() != announced) {
      throw BackupException.invalid("uploaded chunk has unexpected size.");
    }
    InsertResult stored = insert(digest, plainBytes, body);
    // Stored though the writer may refuse it: harmless, collected later.
    serial(
        exchange,
        () -> {
          state.chunkStored(kind, wid, digest, plainBytes, announced, stored);
          answer(exchange, TextNode.valueOf(digest.hex()));
        });
  }

  private InsertResult insert(Digest digest, int plainBytes, WireBody body) {
    byte[] encoded = CHUNKS.take(body.length());
    try {
      body.copyTo(encoded);
      ChunkCheck.upload(encoded, body.length(), digest, plainBytes);
      return store.chunks().insert(digest, encoded, body.length());
    } finally {
      CHUNKS.give(encoded);
    }
  }

  private void blob(Params p, WireExchange exchange) {
    int announced = (int) p.integer("encoded-size");
    String name = p.text("file-name");
    exchange
        .body(announced, announced)
        .onSuccess(
            body -> serial(exchange, () -> storeBlob(name, announced, body.bytes(), exchange)))
        .onFailure(
            e ->
                fail(
                    exchange,
                    WireExchange.isOverflow(e)
                        ? BackupException.invalid(
                            "got blob with unexpected length ("
                                + announced
                                + " != more than "
                                + announced
                                + ")")
                        : e));
  }

  private void storeBlob(String name, int announced, byte[] encoded, WireExchange exchange) {
    if (!name.endsWith(".blob")) {
      throw BackupException.invalid("wrong blob file extension: '" + name + "'");
    }
    if (encoded.length != announced) {
      throw BackupException.invalid(
          "got blob with unexpected length (" + announced + " != " + encoded.length + ")");
    }
    DataBlob.kind(encoded, encoded.length);
    DataBlob.checkCrc(encoded, encoded.length);
    state.blob(new ArchiveName(name), encoded);
    answer(exchange, ApiResult.none());
  }

  private void previous(Params p, WireExchange exchange) {
    String name = p.text("archive-name");
    serial(
        exchange,
        () -> {
          SnapshotId base = state.requirePrevious();
          ArchiveName file = state.previous(name);
          exchange.stream(
              200, ApiResult.BINARY_TYPE, workers, SessionFiles.open(store, namespace, base, file));
        });
  }

  private ApiResult previousTime() {
    OptionalLong time = state.previousTime();
    return time.isPresent() ? ApiResult.of(LongNode.valueOf(time.getAsLong())) : ApiResult.none();
  }

  private ApiResult finish() {
    if (benchmark) {
      throw BackupException.invalid("a benchmark session has nothing to finish");
    }
    state.finish();
    onFinish.run();
    return ApiResult.none();
  }

  private void speedTest(Params p, WireExchange exchange) {
    exchange
        .drain(SPEED_TEST_BYTES_MAX)
        .onSuccess(none -> parallel(exchange, () -> answer(exchange, ApiResult.none())))
        .onFailure(e -> fail(exchange, e));
  }

  @Override
  void ended(@Nullable Throwable cause) {
    boolean finished = state.finished();
    try {
      try {
        state.discard();
      } finally {
        // Before the task ends: whoever waits for that may begin the next backup at once.
        end.ended(finished);
      }
      if (benchmark) {
        task.log("benchmark finished successfully");
        task.finish(null);
      } else if (finished) {
        task.log(
            cause == null
                ? "backup finished successfully"
                : "backup had errors but finished: " + cause.getMessage());
        task.finish(null);
      } else {
        logFailure(cause);
      }
    } catch (RuntimeException e) {
      task.finish(e);
    }
  }

  /** Lines and order as spec/protocols.md §4.6 has them. */
  private void logFailure(@Nullable Throwable cause) {
    if (cause == null && !task.aborted()) {
      String why = "backup ended but finished state is not set.";
      task.log("backup ended and finish failed: " + why);
      task.log("removing unfinished backup");
      task.log("removing backup snapshot " + state.logPath());
      task.finish(BackupException.invalid(why));
    } else {
      String why =
          cause == null || task.aborted()
              ? "task aborted"
              : "connection error: " + cause.getMessage();
      task.log("backup failed: " + why);
      task.log("removing failed backup");
      task.log("removing backup snapshot " + state.logPath());
      task.finish(BackupException.invalid(why));
    }
  }
}
