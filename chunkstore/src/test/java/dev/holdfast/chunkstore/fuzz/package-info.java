/** Every decoder against bytes that nobody would write: as tests, and for hours by scripts/fuzz. */
@NullMarked
package dev.holdfast.chunkstore.fuzz;

import org.jspecify.annotations.NullMarked;
