/** Carries the connections of cluster members inside TLS on the one port that nodes have open. */
@NullMarked
package dev.holdfast.replication.mesh.tunnel;

import org.jspecify.annotations.NullMarked;
