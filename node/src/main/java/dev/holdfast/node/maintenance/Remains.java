package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.task.Upid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an earlier process left when it ended in the middle of something. */
public final class Remains {
  private static final Logger LOG = LoggerFactory.getLogger(Remains.class);

  private Remains() {}

  /**
   * Removes snapshots that were never finished, goes on with moves, and tells each. Looks at every
   * group; a datastore that cannot be looked through does not keep the others from it.
   */
  public static void clear(DatastoreRegistry stores, Moving moving) {
    for (DatastoreName name : stores.stores().keySet()) {
      try (Leases leases = new Leases()) {
        Datastore store = stores.writing(name, leases);
        store
            .removeRemains()
            .forEach(what -> LOG.warn("datastore '{}': removed unfinished {}", name, what));
        for (Upid task : moving.finishInterrupted(store)) {
          LOG.warn("datastore '{}': goes on with an interrupted move, task {}", name, task);
        }
      } catch (BackupException e) {
        LOG.warn("datastore '{}' is not looked through for remains: {}", name, e.text());
      }
    }
  }
}
