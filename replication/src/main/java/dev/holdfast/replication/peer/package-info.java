/**
 * A remote node as this one uses it: REST calls, backup and reader sessions, archives up and down.
 */
@NullMarked
package dev.holdfast.replication.peer;

import org.jspecify.annotations.NullMarked;
