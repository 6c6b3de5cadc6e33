/** Data blobs: the one container of chunks, manifests and configuration files. */
@NullMarked
package dev.holdfast.chunkstore.blob;

import org.jspecify.annotations.NullMarked;
