package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.AuthId;
import org.jspecify.annotations.Nullable;

/** Who sent a request. Blocking: passwords and token secrets are hashed. Throws UNAUTHENTICATED. */
public interface Authentication {
  /** A request's headers, by name in any case. */
  interface Headers {
    @Nullable String get(String name);
  }

  AuthId authenticate(String method, Headers headers, String remoteAddress);
}
