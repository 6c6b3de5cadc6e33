package dev.holdfast.replication.testing;

import dev.holdfast.meshconfig.HostAndPort;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.time.Duration;

/**
 * A line to a server on which every byte takes its time, as between distant sites: a TCP proxy that
 * delays what comes by a fixed time in each direction, and carries as much as is sent.
 */
public final class SlowLine implements AutoCloseable {
  private final Vertx vertx;
  private final HostAndPort to;
  private final long oneWayMillis;
  private final NetServer server;
  private final NetClient client;

  /**
   * @param roundTrip half of it each way; a connection costs one more to set up, as TCP does
   */
  public SlowLine(Vertx vertx, HostAndPort to, Duration roundTrip) {
    this.vertx = vertx;
    this.to = to;
    this.oneWayMillis = roundTrip.toMillis() / 2;
    this.client = vertx.createNetClient();
    this.server = vertx.createNetServer().connectHandler(this::connected);
    StrictVertx.await(server.listen(0, "127.0.0.1"));
  }

  public HostAndPort address() {
    return new HostAndPort("127.0.0.1", server.actualPort());
  }

  private void connected(NetSocket near) {
    near.pause();
    vertx.setTimer(
        2 * oneWayMillis,
        set ->
            client
                .connect(to.port(), to.host())
                .onSuccess(
                    far -> {
                      carry(near, far);
                      carry(far, near);
                      near.resume();
                    })
                .onFailure(failure -> near.close()));
  }

  private void carry(NetSocket from, NetSocket to) {
    from.handler(bytes -> later(() -> to.write(bytes)));
    from.endHandler(end -> later(() -> to.write(Buffer.buffer()).onComplete(w -> to.close())));
    from.exceptionHandler(failure -> to.close());
  }

  // Timers of one delay fire in the order in which they were set.
  private void later(Runnable step) {
    vertx.setTimer(oneWayMillis, fired -> step.run());
  }

  @Override
  public void close() {
    StrictVertx.await(server.close());
    StrictVertx.await(client.close());
  }
}
