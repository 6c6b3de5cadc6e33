/** Fixed and dynamic index files: which chunks, in which order, make up an archive. */
@NullMarked
package dev.holdfast.chunkstore.index;

import org.jspecify.annotations.NullMarked;
