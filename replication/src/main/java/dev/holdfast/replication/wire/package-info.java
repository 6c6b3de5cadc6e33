/** Upgraded HTTP/2 over pinned TLS, both roles: connection set-up, streams, bodies, liveness. */
@NullMarked
package dev.holdfast.replication.wire;

import org.jspecify.annotations.NullMarked;
