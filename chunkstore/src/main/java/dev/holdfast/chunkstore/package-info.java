/**
 * The truth about bytes on disk. Knows no Vert.x, no Hazelcast, no clock and no randomness of its
 * own.
 */
@NullMarked
package dev.holdfast.chunkstore;

import org.jspecify.annotations.NullMarked;
