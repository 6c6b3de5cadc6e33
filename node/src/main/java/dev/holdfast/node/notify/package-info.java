/** Tells people of what happened: events, who wants to hear of which, and ways to reach them. */
@NullMarked
package dev.holdfast.node.notify;

import org.jspecify.annotations.NullMarked;
