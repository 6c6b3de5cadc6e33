/** Says whether what is stored can be restored. */
@NullMarked
package dev.holdfast.chunkstore.verify;

import org.jspecify.annotations.NullMarked;
