/**
 * What clients can observe of a node, by the table of spec/protocols.md §10: one class per theme,
 * each test with the number of its behaviour.
 */
@NullMarked
package dev.holdfast.node.behaviour;

import org.jspecify.annotations.NullMarked;
