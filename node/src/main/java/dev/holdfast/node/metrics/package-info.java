/** Figures for those who watch a node with programs of their own. */
@NullMarked
package dev.holdfast.node.metrics;

import org.jspecify.annotations.NullMarked;
