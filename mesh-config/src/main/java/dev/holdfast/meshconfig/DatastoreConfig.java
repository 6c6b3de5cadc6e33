package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Holds;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A datastore that the file declares.
 *
 * @param path absolute directory
 * @param gc when garbage is collected; absent = only by hand
 * @param holds how long snapshots stay at least, whoever wants them gone
 */
public record DatastoreConfig(
    DatastoreName name,
    Path path,
    Optional<CalendarEvent> gc,
    Optional<VerifyConfig> verify,
    List<PruneConfig> prune,
    Holds holds) {

  public DatastoreConfig {
    prune = List.copyOf(prune);
  }
}
