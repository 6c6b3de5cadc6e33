/** The Linux calls that saving and restoring a directory tree needs and the JDK does not offer. */
@NullMarked
package dev.holdfast.chunkstore.pxar.posix;

import org.jspecify.annotations.NullMarked;
