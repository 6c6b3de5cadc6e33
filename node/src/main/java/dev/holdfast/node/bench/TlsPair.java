package dev.holdfast.node.bench;

import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * Both ends of a TLS connection without a network between them: what crosses is sealed once and
 * opened once, by the engine that the node and its clients use. For one thread.
 */
final class TlsPair implements AutoCloseable {
  /** What TLS puts into one record at most. */
  private static final int RECORD_BYTES = 16 << 10;

  /** More than a few handshake messages need; a guard against two ends that wait for each other. */
  private static final int HANDSHAKE_STEPS_MAX = 1000;

  private final SSLEngine client;
  private final SSLEngine server;
  private final ByteBuffer plain = ByteBuffer.allocateDirect(RECORD_BYTES);
  private final ByteBuffer opened = ByteBuffer.allocateDirect(64 << 10);
  private final ByteBuffer toServer = ByteBuffer.allocateDirect(64 << 10);
  private final ByteBuffer toClient = ByteBuffer.allocateDirect(64 << 10);

  private TlsPair(SSLEngine client, SSLEngine server) {
    this.client = client;
    this.server = server;
  }

  static TlsPair connect(TlsIdentity identity) throws SSLException {
    SslProvider provider =
        TlsEngine.choose() == TlsEngine.BORINGSSL ? SslProvider.OPENSSL : SslProvider.JDK;
    SslContext serverContext =
        SslContextBuilder.forServer(identity.privateKey(), identity.certificate())
            .sslProvider(provider)
            .build();
    // There is nobody else who could answer.
    SslContext clientContext =
        SslContextBuilder.forClient()
            .sslProvider(provider)
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null)
            .build();
    PooledByteBufAllocator buffers = PooledByteBufAllocator.DEFAULT;
    TlsPair pair = new TlsPair(clientContext.newEngine(buffers), serverContext.newEngine(buffers));
    pair.handshake();
    return pair;
  }

  private void handshake() throws SSLException {
    client.beginHandshake();
    server.beginHandshake();
    plain.limit(0);
    for (int step = 0; step < HANDSHAKE_STEPS_MAX; step++) {
      boolean clientMoved = advance(client, toServer, toClient);
      boolean serverMoved = advance(server, toClient, toServer);
      if (!clientMoved && !serverMoved && idle(client) && idle(server)) {
        return;
      }
    }
    throw new SSLException("the two ends of a TLS connection in memory do not agree");
  }

  private static boolean idle(SSLEngine engine) {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }

  /** One step of one end; false when nothing was sent or taken. */
  private boolean advance(SSLEngine end, ByteBuffer send, ByteBuffer receive) throws SSLException {
    for (Runnable task = end.getDelegatedTask(); task != null; task = end.getDelegatedTask()) {
      task.run();
    }
    int sent = end.wrap(plain, send).bytesProduced();
    receive.flip();
    int taken = end.unwrap(receive, opened).bytesConsumed();
    receive.compact();
    opened.clear();
    return sent + taken > 0;
  }

  /** Carries bytes from the client's end to the server's. */
  void carry(byte[] bytes) throws SSLException {
    for (int at = 0; at < bytes.length; at += RECORD_BYTES) {
      int length = Math.min(RECORD_BYTES, bytes.length - at);
      plain.clear().put(bytes, at, length).flip();
      toServer.clear();
      require(client.wrap(plain, toServer), length);
      toServer.flip();
      opened.clear();
      SSLEngineResult result = server.unwrap(toServer, opened);
      if (result.bytesProduced() != length) {
        throw new SSLException("opened " + result.bytesProduced() + " bytes of " + length);
      }
    }
  }

  private static void require(SSLEngineResult sealed, int length) throws SSLException {
    if (sealed.bytesConsumed() != length) {
      throw new SSLException("sealed " + sealed.bytesConsumed() + " bytes of " + length);
    }
  }

  @Override
  public void close() {
    ReferenceCountUtil.release(client);
    ReferenceCountUtil.release(server);
  }
}
