/** Long-running work as clients see it: task ids, logs, the lists of running and ended tasks. */
@NullMarked
package dev.holdfast.node.task;

import org.jspecify.annotations.NullMarked;
