/**
 * Moves groups and namespaces to another place of the same datastore or of another one, with a plan
 * before and a journal after, by which a move is taken up again or undone.
 */
@NullMarked
package dev.holdfast.chunkstore.move;

import org.jspecify.annotations.NullMarked;
