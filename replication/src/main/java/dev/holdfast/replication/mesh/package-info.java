/**
 * The cluster behind one interface: it coordinates and informs, and never decides about data
 * (design.md §7).
 */
@NullMarked
package dev.holdfast.replication.mesh;

import org.jspecify.annotations.NullMarked;
