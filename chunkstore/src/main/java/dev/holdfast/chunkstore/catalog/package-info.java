/** The catalog of a snapshot: the names in its archives, to be browsed without reading these. */
@NullMarked
package dev.holdfast.chunkstore.catalog;

import org.jspecify.annotations.NullMarked;
