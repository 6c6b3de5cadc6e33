package dev.holdfast.replication.wire;

import io.netty.channel.Channel;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/** A connection of a server, as what limits its rate sees it, also after an upgrade. */
public final class RatedConnection {
  private final Channel channel;
  private final String address;

  private RatedConnection(Channel channel, String address) {
    this.channel = channel;
    this.address = address;
  }

  public static RatedConnection of(HttpConnection connection) {
    Channel channel = ((ConnectionBase) connection).channel();
    var address = connection.remoteAddress();
    return new RatedConnection(
        channel, address == null ? "" : String.valueOf(address.hostAddress()));
  }

  /** The peer's, as a literal; empty when it is not known. */
  public String address() {
    return address;
  }

  /** From any thread, effective soon; null = no limit. */
  public void limit(@Nullable SharedRate rate) {
    channel.eventLoop().execute(() -> apply(rate));
  }

  private void apply(@Nullable SharedRate rate) {
    if (channel.isActive()) {
      SharedRate.apply(channel.pipeline(), rate);
    }
  }

  /** Runs it on the event loop when the connection has gone. */
  public void onClose(Runnable action) {
    var unused = channel.closeFuture().addListener(closed -> action.run());
  }
}
