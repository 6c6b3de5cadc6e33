/** Where a stream is cut into chunks. */
@NullMarked
package dev.holdfast.chunkstore.chunker;

import org.jspecify.annotations.NullMarked;
