/** The manifest of a snapshot: what it holds, and what the server notes about it. */
@NullMarked
package dev.holdfast.chunkstore.manifest;

import org.jspecify.annotations.NullMarked;
