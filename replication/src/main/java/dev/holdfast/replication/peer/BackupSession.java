package dev.holdfast.replication.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.replication.wire.WireSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A writing session for one snapshot (spec/protocols.md §4.5). Closing it before {@link #finish}
 * makes the server drop the snapshot.
 *
 * <p>Methods wait, except those that return a future; any thread may call them, several at a time.
 */
public final class BackupSession implements AutoCloseable {
  private static final String BINARY = "application/octet-stream";

  /** The server syncs its disks before it answers. */
  private static final Duration FINISH_TIMEOUT = Duration.ofMinutes(30);

  private final SessionCalls calls;

  BackupSession(WireSession session, String peer, Duration answerTimeout) {
    calls = new SessionCalls(session, peer, answerTimeout);
  }

  /** Host and port of the server, for messages. */
  public String peer() {
    return calls.peer();
  }

  /**
   * When the group's last backup was made, in seconds since the epoch; empty when there is none to
   * build on.
   */
  public OptionalLong previousTime() {
    JsonNode data = calls.control("GET", "/previous_backup_time", Map.of());
    return data.isNull() ? OptionalLong.empty() : OptionalLong.of(data.asLong());
  }

  /**
   * A file of the last backup. For an index, its chunks count as known in this session from now on.
   *
   * @throws BackupException when there is no last backup or not this file in it
   */
  public byte[] previous(ArchiveName name) {
    return calls.await(
        calls.bytes(
            "/previous", Map.of("archive-name", name.text()), StoredSnapshot.FILE_BYTES_MAX));
  }

  /** Stores a blob as it is, in its encoded form. */
  public void blob(ArchiveName name, byte[] encoded) {
    var unused =
        calls.await(
            calls.send(
                "POST",
                "/blob",
                Map.of("file-name", name.text(), "encoded-size", Integer.toString(encoded.length)),
                BINARY,
                encoded,
                encoded.length));
  }

  /** Starts a dynamic index; returns its writer id. */
  public int createDynamic(ArchiveName name) {
    return writer("/dynamic_index", Map.of("archive-name", name.text()));
  }

  /** Starts a fixed index of an image of {@code size} bytes; returns its writer id. */
  public int createFixed(ArchiveName name, long size) {
    return writer("/fixed_index", Map.of("archive-name", name.text(), "size", Long.toString(size)));
  }

  private int writer(String path, Map<String, String> parameters) {
    JsonNode data = calls.control("POST", path, parameters);
    if (!data.isInt()) {
      throw calls.unexpected("POST " + path, data);
    }
    return data.asInt();
  }

  /**
   * Sends a chunk that the server does not know yet.
   *
   * @param plainBytes length of its content
   * @param encoded its blob in the first {@code length} bytes; leave it alone until the future
   *     completes
   * @return done when the chunk is stored, on an event loop
   */
  public CompletableFuture<Void> uploadChunk(
      int writer, boolean fixed, Digest digest, int plainBytes, byte[] encoded, int length) {
    return calls
        .send(
            "POST",
            fixed ? "/fixed_chunk" : "/dynamic_chunk",
            Map.of(
                "wid", Integer.toString(writer),
                "digest", digest.hex(),
                "size", Integer.toString(plainBytes),
                "encoded-size", Integer.toString(length)),
            BINARY,
            encoded,
            length)
        .thenApply(data -> null);
  }

  /** As {@link #appendAsync}, waited for. */
  public void append(int writer, boolean fixed, List<Digest> digests, List<Long> offsets) {
    calls.await(appendAsync(writer, fixed, digests, offsets));
  }

  /**
   * Adds known chunks to an index.
   *
   * @param offsets where each begins; of a dynamic index in order and without gaps
   */
  public CompletableFuture<Void> appendAsync(
      int writer, boolean fixed, List<Digest> digests, List<Long> offsets) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    ArrayNode digestList = body.putArray("digest-list");
    digests.forEach(digest -> digestList.add(digest.hex()));
    ArrayNode offsetList = body.putArray("offset-list");
    offsets.forEach(offsetList::add);
    body.put("wid", writer);
    byte[] json = RemoteNode.json(body);
    return calls
        .send(
            "PUT",
            fixed ? "/fixed_index" : "/dynamic_index",
            Map.of(),
            "application/json",
            json,
            json.length)
        .thenApply(data -> null);
  }

  /**
   * Completes an index, whose totals the server compares with its own.
   *
   * @param chunkCount entries appended
   * @param size bytes of content
   * @param csum the index's checksum, as in the manifest
   */
  public void closeIndex(int writer, boolean fixed, int chunkCount, long size, Digest csum) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put("wid", Integer.toString(writer));
    parameters.put("chunk-count", Integer.toString(chunkCount));
    parameters.put("size", Long.toString(size));
    parameters.put("csum", csum.hex());
    var unused = calls.control("POST", fixed ? "/fixed_close" : "/dynamic_close", parameters);
  }

  /** Sends bytes that the server forgets, to see how fast it takes them. */
  public CompletableFuture<Void> speedTest(byte[] bytes) {
    return calls
        .send("POST", "/speedtest", Map.of(), BINARY, bytes, bytes.length)
        .thenApply(data -> null);
  }

  /** Waits for what one of the methods here has returned. */
  public <T> T await(CompletableFuture<T> future) {
    return calls.await(future);
  }

  /** Makes the snapshot visible; the manifest must have been sent as a blob before. */
  public void finish() {
    var unused = calls.control("POST", "/finish", Map.of(), FINISH_TIMEOUT);
  }

  /** Drops the connection, as real clients do: after {@link #finish} that is the orderly end. */
  @Override
  public void close() {
    calls.close();
  }
}
