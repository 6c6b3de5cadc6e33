/**
 * What clients and servers say to each other, recorded or tapped, and a model of a server that
 * judges it.
 */
@NullMarked
package dev.holdfast.node.transcript;

import org.jspecify.annotations.NullMarked;
