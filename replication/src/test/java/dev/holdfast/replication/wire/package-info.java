/** Tests of the wire, over real TLS on loopback. */
@NullMarked
package dev.holdfast.replication.wire;

import org.jspecify.annotations.NullMarked;
