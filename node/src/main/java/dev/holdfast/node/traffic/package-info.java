/** How fast which peers may go (spec/engine.md §12). */
@NullMarked
package dev.holdfast.node.traffic;

import org.jspecify.annotations.NullMarked;
