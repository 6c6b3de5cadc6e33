package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsPolicy;
import dev.holdfast.replication.wire.WireClient;
import dev.holdfast.replication.wire.WireErrors;
import dev.holdfast.replication.wire.WireResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 requests over pinned TLS with a pool of connections. Answers of every status are values.
 */
final class RestTransport implements AutoCloseable {
  /** A list of 50,000 snapshots is some 25 MB. */
  private static final int ANSWER_BYTES_MAX = 128 * 1024 * 1024;

  /** Orchestration asks for a few lists at a time. */
  private static final int CONNECTIONS_MAX = 8;

  /** Before servers and middleboxes give up on it. */
  private static final int KEEP_ALIVE_SECONDS = 30;

  private final VertxInternal vertx;
  private final HostAndPort address;
  private final PinnedTrust trust;
  private final Duration answerTimeout;
  // In a field, or the garbage collector would close it with its connections.
  private final HttpClientAgent client;

  RestTransport(
      Vertx vertx,
      HostAndPort address,
      PinnedTrust trust,
      TlsEngine engine,
      Duration answerTimeout) {
    this.vertx = (VertxInternal) vertx;
    this.address = address;
    this.trust = trust;
    this.answerTimeout = answerTimeout;
    HttpClientOptions options =
        TlsPolicy.apply(new HttpClientOptions(), engine.options())
            .setProtocolVersion(HttpVersion.HTTP_1_1)
            .setTrustOptions(trust.trustOptions())
            // A pin says more than a name.
            .setVerifyHost(false)
            .setSslHandshakeTimeout(WireClient.CONNECT_TIMEOUT.toSeconds())
            .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
            .setConnectTimeout((int) WireClient.CONNECT_TIMEOUT.toMillis())
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setKeepAlive(true)
            .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
            .setDecompressionSupported(false);
    this.client =
        vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));
  }

  /**
   * One exchange, waited for.
   *
   * @param pathAndQuery from the server's root
   * @throws BackupException PEER_UNREACHABLE or PEER_UNTRUSTED when there is no answer
   */
  WireResponse exchange(
      String method,
      String pathAndQuery,
      Map<String, String> headers,
      @Nullable String contentType,
      byte[] body) {
    try {
      return once(method, pathAndQuery, headers, contentType, body);
    } catch (BackupException e) {
      // A pooled connection may be closed by the server just as it is used again; only what changes
      // nothing is repeated.
      if ("GET".equals(method)
          && e.kind() == BackupException.Kind.PEER_UNREACHABLE
          && String.valueOf(e.getMessage()).contains("Connection was closed")) {
        return once(method, pathAndQuery, headers, contentType, body);
      }
      throw e;
    }
  }

  private WireResponse once(
      String method,
      String pathAndQuery,
      Map<String, String> headers,
      @Nullable String contentType,
      byte[] body) {
    // A context of its own: the caller's may be a thread that is about to wait.
    ContextInternal context = vertx.createEventLoopContext();
    Promise<WireResponse> promise = context.promise();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(method))
            .setHost(address.host())
            .setPort(address.port())
            .setSsl(true)
            .setURI(pathAndQuery)
            .setConnectTimeout(WireClient.CONNECT_TIMEOUT.toMillis())
            .setTimeout(answerTimeout.toMillis());
    headers.forEach(options::putHeader);
    if (contentType != null) {
      options.putHeader("Content-Type", contentType);
    }
    context.runOnContext(
        v ->
            client
                .request(options)
                .compose(request -> send(request, body))
                .compose(RestTransport::collect)
                .onComplete(promise));
    return Blocking.await(
        promise
            .future()
            .recover(
                failure -> Future.failedFuture(WireErrors.ofFailure(address.toString(), failure))),
        answerTimeout.plus(WireClient.CONNECT_TIMEOUT),
        address.toString());
  }

  private Future<HttpClientResponse> send(HttpClientRequest request, byte[] body) {
    try {
      trust.check(request.connection().peerCertificates());
    } catch (BackupException | SSLPeerUnverifiedException e) {
      return request
          .reset()
          .transform(reset -> request.connection().close())
          .transform(closed -> Future.failedFuture(e));
    }
    return body.length == 0 ? request.send() : request.send(Buffer.buffer(body));
  }

  private static Future<WireResponse> collect(HttpClientResponse response) {
    Promise<WireResponse> promise = Promise.promise();
    Buffer whole = Buffer.buffer();
    response.handler(
        part -> {
          if (whole.length() + part.length() > ANSWER_BYTES_MAX) {
            promise.tryFail(
                BackupException.corrupt("answer has more than " + ANSWER_BYTES_MAX + " bytes"));
            response.handler(dropped -> {});
          } else {
            whole.appendBuffer(part);
          }
        });
    response.exceptionHandler(promise::tryFail);
    response.endHandler(
        end ->
            promise.tryComplete(
                new WireResponse(
                    response.statusCode(), response.getHeader("Content-Type"), whole.getBytes())));
    return promise.future();
  }

  @Override
  public void close() {
    var unused = client.close();
  }
}
