/** Everything that crosses between sites. */
@NullMarked
package dev.holdfast.replication;

import org.jspecify.annotations.NullMarked;
