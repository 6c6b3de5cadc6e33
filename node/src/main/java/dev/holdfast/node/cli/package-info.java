/** The command line: every command of {@code holdfast}. */
@NullMarked
package dev.holdfast.node.cli;

import org.jspecify.annotations.NullMarked;
