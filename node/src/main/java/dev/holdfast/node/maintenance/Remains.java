package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.task.Upid;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an earlier process left when it ended in the middle of something. */
public final class Remains {
  private static final Logger LOG = LoggerFactory.getLogger(Remains.class);

  private Remains() {}

  /**
   * Removes snapshots that were never finished and files that were to replace others, goes on with
   * moves, and tells each. Looks at every snapshot; a datastore that cannot be looked through does
   * not keep the others from it.
   */
  public static void clear(DatastoreRegistry stores, Moving moving) {
    for (DatastoreName name : stores.stores().keySet()) {
      try (Leases leases = new Leases()) {
        int found = clear(stores.writing(name, leases), moving);
        LOG.info("datastore '{}': looked for what an earlier process left: {} found", name, found);
      } catch (BackupException e) {
        LOG.warn("datastore '{}' is not looked through for remains: {}", name, e.text());
      }
    }
  }

  private static int clear(Datastore store, Moving moving) {
    List<String> removed = store.removeRemains();
    removed.forEach(what -> LOG.warn("datastore '{}': removed unfinished {}", store.name(), what));
    List<Upid> moves = moving.finishInterrupted(store);
    moves.forEach(
        task ->
            LOG.warn(
                "datastore '{}': goes on with an interrupted move, task {}", store.name(), task));
    return removed.size() + moves.size();
  }
}
