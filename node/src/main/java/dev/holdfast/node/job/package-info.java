/** What a node does by itself: it replicates on events and schedules, and tells the mesh of it. */
@NullMarked
package dev.holdfast.node.job;

import org.jspecify.annotations.NullMarked;
