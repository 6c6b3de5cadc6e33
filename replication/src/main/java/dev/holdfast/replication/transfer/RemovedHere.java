package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.Collections;
import java.util.NavigableSet;

/**
 * What a target removed by a rule of its own (prune, forget) and does not want back. Without it, a
 * sync that fills gaps and a prune would undo each other for ever.
 */
@FunctionalInterface
public interface RemovedHere {
  RemovedHere NOTHING = (namespace, group) -> Collections.emptyNavigableSet();

  /** Backup times in seconds since the epoch; may block on a disk. */
  NavigableSet<Long> times(Namespace namespace, GroupId group);
}
