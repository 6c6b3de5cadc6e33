/** The chunk directory: content-addressed files that are only ever seen complete. */
@NullMarked
package dev.holdfast.chunkstore.chunk;

import org.jspecify.annotations.NullMarked;
