/** The tree of a datastore: namespaces, groups, owners, snapshots, and the locks on them. */
@NullMarked
package dev.holdfast.chunkstore.datastore;

import org.jspecify.annotations.NullMarked;
