/** What tests of several modules share: a strict event loop, TLS servers on ephemeral ports. */
@NullMarked
package dev.holdfast.replication.testing;

import org.jspecify.annotations.NullMarked;
