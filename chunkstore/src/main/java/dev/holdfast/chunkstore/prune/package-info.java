/** Which snapshots of a group a retention rule keeps: pure functions. */
@NullMarked
package dev.holdfast.chunkstore.prune;

import org.jspecify.annotations.NullMarked;
