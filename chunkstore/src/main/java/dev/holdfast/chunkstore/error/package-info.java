/** The one error family of the project. */
@NullMarked
package dev.holdfast.chunkstore.error;

import org.jspecify.annotations.NullMarked;
