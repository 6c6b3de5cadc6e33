package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.AuthId;
import org.jspecify.annotations.Nullable;

/**
 * One call, checked and authenticated, as a handler sees it.
 *
 * @param caller null only on endpoints that need no login
 * @param body what was sent on a streaming endpoint; empty elsewhere
 * @param remoteAddress of the connection, without port
 */
@SuppressWarnings(
    "ArrayRecordComponent") // the handler owns it; records here are carriers, never compared
public record ApiCall(@Nullable AuthId caller, Params params, byte[] body, String remoteAddress) {
  /** Who calls, on every endpoint that needs a login. */
  public AuthId auth() {
    if (caller == null) {
      throw new IllegalStateException("endpoint needs no login, so nobody is known");
    }
    return caller;
  }
}
