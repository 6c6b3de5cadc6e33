package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Which groups of a namespace somebody may work on: all of them, or his own, or none. What he may
 * not is passed over without a word.
 *
 * @param all the privilege for every group
 * @param own the privilege for those that are his
 */
record PermittedGroups(AccessControl access, Privilege all, Privilege own) {
  /**
   * @param unreadable hears of groups whose owner cannot be read, which are passed over where the
   *     owner matters
   */
  List<GroupId> of(
      Datastore store,
      Namespace namespace,
      AuthId caller,
      BiConsumer<GroupId, BackupException> unreadable) {
    Rights rights = access.rights(caller, AccessControl.path(store.name(), namespace));
    if (rights.any(Set.of(all))) {
      return store.groups(namespace);
    }
    if (!rights.any(Set.of(own))) {
      return List.of();
    }
    return store.groups(namespace).stream()
        .filter(group -> isOwn(store, namespace, group, caller, unreadable))
        .toList();
  }

  private static boolean isOwn(
      Datastore store,
      Namespace namespace,
      GroupId group,
      AuthId caller,
      BiConsumer<GroupId, BackupException> unreadable) {
    try {
      return caller.mayActFor(store.owner(namespace, group));
    } catch (BackupException e) {
      unreadable.accept(group, e);
      return false;
    }
  }
}
