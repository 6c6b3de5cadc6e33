/** What {@code scripts/bench} measures, and the bounds it is compared with. */
@NullMarked
package dev.holdfast.node.bench;

import org.jspecify.annotations.NullMarked;
