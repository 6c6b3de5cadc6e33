/**
 * Tasks: everything that runs for a while, with an id that PBS's tools understand and a log file
 * (spec/formats.md §9.3–9.4).
 */
@NullMarked
package dev.holdfast.node.task;

import org.jspecify.annotations.NullMarked;
