/** Tests of tunnels: what flows, and what is refused. */
@NullMarked
package dev.holdfast.replication.mesh.tunnel;

import org.jspecify.annotations.NullMarked;
