/** Directory trees as pxar archives, version 1: written, read, saved from disk and restored. */
@NullMarked
package dev.holdfast.chunkstore.pxar;

import org.jspecify.annotations.NullMarked;
