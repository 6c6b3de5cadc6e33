/** What a sync would do, as a pure function of two views and the rules; no I/O, no clock. */
@NullMarked
package dev.holdfast.replication.plan;

import org.jspecify.annotations.NullMarked;
