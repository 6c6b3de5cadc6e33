/** What the namespaces of a datastore take on disk. */
@NullMarked
package dev.holdfast.chunkstore.usage;

import org.jspecify.annotations.NullMarked;
