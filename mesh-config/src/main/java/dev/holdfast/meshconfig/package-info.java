/** mesh.yaml as checked, immutable values; every problem with file, line, column and a hint. */
@NullMarked
package dev.holdfast.meshconfig;

import org.jspecify.annotations.NullMarked;
