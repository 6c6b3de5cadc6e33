/** The node's threads that are not event loops, and who of them goes first. */
@NullMarked
package dev.holdfast.node.thread;

import org.jspecify.annotations.NullMarked;
