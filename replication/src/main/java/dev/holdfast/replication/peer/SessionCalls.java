package dev.holdfast.replication.peer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.replication.wire.WireResponse;
import dev.holdfast.replication.wire.WireSession;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What both kinds of session do with a wire session: form requests, wait, read answers. */
final class SessionCalls implements AutoCloseable {
  /** Real clients refuse to send longer ones (spec/protocols.md §4.2). */
  private static final int QUERY_LENGTH_MAX = 4096;

  /** Answers of control calls are a line. */
  private static final int TEXT_BYTES_MAX = 1024 * 1024;

  private final WireSession session;
  private final String peer;
  private final Duration answerTimeout;

  SessionCalls(WireSession session, String peer, Duration answerTimeout) {
    this.session = session;
    this.peer = peer;
    this.answerTimeout = answerTimeout;
  }

  String peer() {
    return peer;
  }

  /**
   * A call with its parameters in the query and no body, whose answer is JSON; returns {@code
   * data}.
   */
  JsonNode control(String method, String path, Map<String, String> parameters) {
    return control(method, path, parameters, answerTimeout);
  }

  JsonNode control(String method, String path, Map<String, String> parameters, Duration timeout) {
    Future<WireResponse> answer = session.request(method, target(path, parameters), TEXT_BYTES_MAX);
    return data(Blocking.await(answer, timeout, peer));
  }

  /** A file; as long as bytes may come on a slow line, only a dead peer ends it. */
  CompletableFuture<byte[]> bytes(String path, Map<String, String> parameters, int bytesMax) {
    return session
        .request("GET", target(path, parameters), bytesMax)
        .map(answer -> answer.orThrow().body())
        .toCompletionStage()
        .toCompletableFuture();
  }

  CompletableFuture<JsonNode> send(
      String method,
      String path,
      Map<String, String> parameters,
      String contentType,
      byte[] body,
      int length) {
    return session
        .request(method, target(path, parameters), contentType, body, 0, length, TEXT_BYTES_MAX)
        .map(this::data)
        .toCompletionStage()
        .toCompletableFuture();
  }

  <T> T await(CompletableFuture<T> future) {
    return Blocking.await(future, Duration.ofDays(365), peer);
  }

  private static String target(String path, Map<String, String> parameters) {
    String target = QueryText.append(path, parameters);
    if (target.length() > QUERY_LENGTH_MAX) {
      throw BackupException.invalid(
          "request of "
              + target.length()
              + " characters, at most "
              + QUERY_LENGTH_MAX
              + " can be sent");
    }
    return target;
  }

  private JsonNode data(WireResponse answer) {
    return RemoteNode.data(RemoteNode.parse(answer.orThrow().body(), peer));
  }

  BackupException unexpected(String call, JsonNode data) {
    return new BackupException(
        Kind.UNSUPPORTED_VERSION,
        peer + " answered " + call + " with " + data + ", expected an integer");
  }

  @Override
  public void close() {
    session.close();
  }
}
