package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import dev.holdfast.replication.transfer.SourceRights;
import dev.holdfast.replication.transfer.TargetRights;
import java.util.Set;

/**
 * A sync does in our datastores what its owner may (spec/rest-api.md §4.7): with Datastore.Read it
 * reads every group, with Datastore.Backup his own, and writes them; Datastore.Modify on a
 * namespace makes and removes those below it. Asked anew each time, so what is taken from him
 * counts at once.
 */
record OwnerRights(AccessControl access, AuthId owner, DatastoreName store)
    implements SourceRights, TargetRights {
  private static final Set<Privilege> ALL = Set.of(Privilege.DATASTORE_READ);
  private static final Set<Privilege> OWN = Set.of(Privilege.DATASTORE_BACKUP);
  private static final Set<Privilege> ARRANGE = Set.of(Privilege.DATASTORE_MODIFY);

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

  @Override
  public boolean writes(Namespace namespace) {
    return rights(namespace).any(OWN);
  }

  @Override
  public boolean arranges(Namespace parent) {
    return rights(parent).any(ARRANGE);
  }
}
