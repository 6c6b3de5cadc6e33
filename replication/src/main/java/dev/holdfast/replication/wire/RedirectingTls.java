package dev.holdfast.replication.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * An engine for a listener's TLS that looks at the first byte of a connection: who speaks plain
 * HTTP is redirected ({@link PlainRedirect}). Everything else is the engine's that it is made of.
 */
final class RedirectingTls extends SSLEngineOptions {
  private final SSLEngineOptions engine;

  RedirectingTls(SSLEngineOptions engine) {
    super(engine);
    this.engine = engine;
  }

  @Override
  public SSLEngineOptions copy() {
    return new RedirectingTls(engine.copy());
  }

  @Override
  public SslContextFactory sslContextFactory() {
    return new Factory(engine.sslContextFactory());
  }

  /** Passes on what it is told. */
  private static final class Factory implements SslContextFactory {
    private SslContextFactory factory;

    Factory(SslContextFactory factory) {
      this.factory = factory;
    }

    private Factory with(SslContextFactory changed) {
      factory = changed;
      return this;
    }

    @Override
    public SslContextFactory useAlpn(boolean useAlpn) {
      return with(factory.useAlpn(useAlpn));
    }

    @Override
    public SslContextFactory clientAuth(ClientAuth clientAuth) {
      return with(factory.clientAuth(clientAuth));
    }

    @Override
    public SslContextFactory forClient(boolean forClient) {
      return with(factory.forClient(forClient));
    }

    @Override
    public SslContextFactory keyMananagerFactory(KeyManagerFactory keys) {
      return with(factory.keyMananagerFactory(keys));
    }

    @Override
    public SslContextFactory trustManagerFactory(TrustManagerFactory trust) {
      return with(factory.trustManagerFactory(trust));
    }

    @Override
    public SslContextFactory enabledCipherSuites(Set<String> suites) {
      return with(factory.enabledCipherSuites(suites));
    }

    @Override
    public SslContextFactory applicationProtocols(List<String> protocols) {
      return with(factory.applicationProtocols(protocols));
    }

    @Override
    public SslContextFactory serverName(String name) {
      return with(factory.serverName(name));
    }

    @Override
    public SslContext create() throws SSLException {
      return new Context(factory.create());
    }
  }

  private static final class Context extends DelegatingSslContext {
    private final SslContext tls;

    Context(SslContext tls) {
      super(tls);
      this.tls = tls;
    }

    @Override
    protected SslHandler newHandler(
        ByteBufAllocator allocator, boolean startTls, Executor executor) {
      return firstByte(tls.newHandler(allocator, executor), startTls, executor);
    }

    @Override
    protected SslHandler newHandler(
        ByteBufAllocator allocator, String host, int port, boolean startTls, Executor executor) {
      return firstByte(tls.newHandler(allocator, host, port, executor), startTls, executor);
    }

    /** From a handler: the engine that newEngine() gives is a slower one. */
    private static SslHandler firstByte(SslHandler handler, boolean startTls, Executor executor) {
      return new FirstByte(handler.engine(), startTls, executor);
    }

    @Override
    protected void initEngine(SSLEngine engine) {
      // nothing to add
    }
  }

  private static final class FirstByte extends SslHandler {
    private boolean undecided = true;
    private @Nullable PlainRedirect plain;

    FirstByte(SSLEngine engine, boolean startTls, Executor executor) {
      super(engine, startTls, executor);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      if (undecided && message instanceof ByteBuf bytes && bytes.isReadable()) {
        undecided = false;
        plain =
            PlainRedirect.begins(bytes.getByte(bytes.readerIndex())) ? new PlainRedirect() : null;
      }
      if (plain != null && message instanceof ByteBuf bytes) {
        plain.read(ctx, bytes);
      } else {
        super.channelRead(ctx, message);
      }
    }
  }
}
