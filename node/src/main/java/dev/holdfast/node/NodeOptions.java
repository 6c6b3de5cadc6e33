package dev.holdfast.node;

import dev.holdfast.meshconfig.HostAndPort;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How to start a node.
 *
 * @param state directory of everything it knows besides its datastores; made when absent
 * @param config {@code mesh.yaml}; null = a node without datastores of its own, peers or mesh
 * @param listen overrides what the configuration says; port 0 = any free one; null = the
 *     configuration's, or {@link #LISTEN_DEFAULT}
 */
public record NodeOptions(Path state, @Nullable Path config, @Nullable HostAndPort listen) {
  /** All addresses, IPv6 and IPv4. */
  static final HostAndPort LISTEN_DEFAULT = new HostAndPort("::", HostAndPort.DEFAULT_PORT);
}
