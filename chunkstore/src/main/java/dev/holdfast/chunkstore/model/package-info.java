/** The names of the field as checked values: a value that exists is valid. */
@NullMarked
package dev.holdfast.chunkstore.model;

import org.jspecify.annotations.NullMarked;
