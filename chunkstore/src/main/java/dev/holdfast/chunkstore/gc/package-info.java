/** Garbage collection: mark and sweep, beside everything else that runs. */
@NullMarked
package dev.holdfast.chunkstore.gc;

import org.jspecify.annotations.NullMarked;
