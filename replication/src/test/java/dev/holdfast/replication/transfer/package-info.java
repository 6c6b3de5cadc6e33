/** Tests of the package, and what they need: stores with made-up snapshots, a node to push to. */
@NullMarked
package dev.holdfast.replication.transfer;

import org.jspecify.annotations.NullMarked;
