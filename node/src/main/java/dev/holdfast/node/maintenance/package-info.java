/** What keeps a datastore in order: prune, garbage collection, verification, as tasks and jobs. */
@NullMarked
package dev.holdfast.node.maintenance;

import org.jspecify.annotations.NullMarked;
