/** Everything that works on a datastore, interleaved by one seed on a disk in memory. */
@NullMarked
package dev.holdfast.chunkstore.simulation;

import org.jspecify.annotations.NullMarked;
