/** What the machine that a node runs on says of itself. */
@NullMarked
package dev.holdfast.node.host;

import org.jspecify.annotations.NullMarked;
