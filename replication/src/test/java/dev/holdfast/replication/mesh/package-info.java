/** Tests of the mesh: one contract for the twin and the cluster, and what goes wrong. */
@NullMarked
package dev.holdfast.replication.mesh;

import org.jspecify.annotations.NullMarked;
