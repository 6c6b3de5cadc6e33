/** What tests of a whole node share: a node in a directory, and clients that talk to it. */
@NullMarked
package dev.holdfast.node.testing;

import org.jspecify.annotations.NullMarked;
