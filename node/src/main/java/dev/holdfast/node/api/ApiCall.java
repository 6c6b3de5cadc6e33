package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.AuthId;
import org.jspecify.annotations.Nullable;

/**
 * One authenticated call of an endpoint.
 *
 * @param caller null only on endpoints that everybody may call
 * @param body raw body of a streaming call, empty otherwise
 * @param cookie header as it came
 */
public record ApiCall(
    Params params,
    @Nullable AuthId caller,
    String remoteAddress,
    ParamInput.Body body,
    @Nullable String cookie) {
  /** Who calls; a mistake of ours on an endpoint for everybody. */
  public AuthId who() {
    if (caller == null) {
      throw new IllegalStateException("this endpoint has no caller");
    }
    return caller;
  }
}
