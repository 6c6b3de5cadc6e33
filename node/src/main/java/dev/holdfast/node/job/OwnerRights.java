package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import dev.holdfast.replication.transfer.SourceRights;
import java.util.Set;

/**
 * A sync reads of our datastores what its owner may: with Datastore.Read every group, with
 * Datastore.Backup his own (spec/rest-api.md §4.7). Asked anew each time, so what is taken from him
 * counts at once.
 */
record OwnerRights(AccessControl access, AuthId owner, DatastoreName store)
    implements SourceRights {
  private static final Set<Privilege> ALL = Set.of(Privilege.DATASTORE_READ);
  private static final Set<Privilege> OWN = Set.of(Privilege.DATASTORE_BACKUP);

  private Rights rights(Namespace namespace) {
    return access.rights(owner, AccessControl.path(store, namespace));
  }

  @Override
  public boolean sees(Namespace namespace) {
    Rights rights = rights(namespace);
    return rights.any(ALL) || rights.any(OWN);
  }

  @Override
  public boolean reads(Namespace namespace, AuthId groupOwner) {
    Rights rights = rights(namespace);
    return rights.any(ALL) || (rights.any(OWN) && owner.mayActFor(groupOwner));
  }
}
