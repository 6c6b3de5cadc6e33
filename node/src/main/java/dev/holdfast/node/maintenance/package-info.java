/** What keeps a datastore in order: garbage collection and verification, as tasks and jobs. */
@NullMarked
package dev.holdfast.node.maintenance;

import org.jspecify.annotations.NullMarked;
