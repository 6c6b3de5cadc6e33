package dev.holdfast.node.api;

import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.model.AuthId;
import org.jspecify.annotations.Nullable;

/**
 * One authenticated call of an endpoint.
 *
 * @param caller null only on endpoints that everybody may call
 * @param body raw body of a streaming call, empty otherwise
 * @param cookie header as it came
 * @param leases what is held until the answer is ready, or until the last byte of a download
 */
public record ApiCall(
    Params params,
    @Nullable AuthId caller,
    String remoteAddress,
    ParamInput.Body body,
    @Nullable String cookie,
    Leases leases) {
  /** Who calls; a mistake of ours on an endpoint for everybody. */
  public AuthId who() {
    if (caller == null) {
      throw new IllegalStateException("this endpoint has no caller");
    }
    return caller;
  }
}
