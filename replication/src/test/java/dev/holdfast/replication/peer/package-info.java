/** Tests of the client side of sessions and REST. */
@NullMarked
package dev.holdfast.replication.peer;

import org.jspecify.annotations.NullMarked;
