package dev.holdfast.node.api;

import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A path whose GET turns the connection into something else. Until the 101 it is a call like any
 * other: what it refuses is an ordinary answer, after which the connection stays usable.
 */
public interface Upgrade {
  ParamSchema schema();

  /**
   * Does all checks and takes all locks; blocking, on a virtual thread. What the call's leases hold
   * is given back when this throws, else by what it returns.
   *
   * @param protocol the request's {@code Upgrade} header
   * @return what then swaps the protocol, called on the request's event loop
   */
  Consumer<HttpServerRequest> prepare(ApiCall call, @Nullable String protocol);
}
