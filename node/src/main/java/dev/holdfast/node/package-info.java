/** The process: opens what a state directory and mesh.yaml describe, and serves it. */
@NullMarked
package dev.holdfast.node;

import org.jspecify.annotations.NullMarked;
