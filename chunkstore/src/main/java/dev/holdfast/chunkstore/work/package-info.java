/** How long work is done: by several threads, watched, stopped when somebody asks. */
@NullMarked
package dev.holdfast.chunkstore.work;

import org.jspecify.annotations.NullMarked;
