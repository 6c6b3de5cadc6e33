/** The one small interface through which every file operation of a datastore goes. */
@NullMarked
package dev.holdfast.chunkstore.file;

import org.jspecify.annotations.NullMarked;
