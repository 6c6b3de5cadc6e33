package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import java.util.Set;

/** How much of a datastore somebody may see (spec/rest-api.md §4.6). */
final class StoreVisibility {
  private static final Set<Privilege> AUDIT_OR_BACKUP =
      Set.of(Privilege.DATASTORE_AUDIT, Privilege.DATASTORE_BACKUP);

  private final AccessControl access;

  StoreVisibility(AccessControl access) {
    this.access = access;
  }

  enum View {
    NOTHING,
    /** That it is there, because of something in it. */
    NAME,
    WHOLE
  }

  /** Whether he may look at its configuration and figures. */
  boolean audits(AuthId caller, DatastoreName store) {
    return access.any(
        caller, GroupAccess.path(store, Namespace.ROOT), Set.of(Privilege.DATASTORE_AUDIT));
  }

  View of(AuthId caller, DatastoreName store) {
    String path = GroupAccess.path(store, Namespace.ROOT);
    Rights rights = access.rights(caller, path);
    if (rights.any(AUDIT_OR_BACKUP)) {
      return View.WHOLE;
    }
    return rights.any(GroupAccess.NAMESPACE_VISIBLE)
            || access.anyBelow(caller, path, GroupAccess.NAMESPACE_VISIBLE)
        ? View.NAME
        : View.NOTHING;
  }
}
