/**
 * The two upgraded sessions of spec/protocols.md §4 and §6: a client writes one snapshot, a client
 * reads one snapshot. What a session knows is in plain classes ({@link
 * dev.holdfast.node.session.BackupState}); the wire is around them.
 */
@NullMarked
package dev.holdfast.node.session;

import org.jspecify.annotations.NullMarked;
