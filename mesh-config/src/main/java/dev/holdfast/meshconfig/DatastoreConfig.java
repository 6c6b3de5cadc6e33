package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.DatastoreName;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A datastore that the file declares.
 *
 * @param path absolute directory
 * @param gc when garbage is collected; absent = only by hand
 */
public record DatastoreConfig(
    DatastoreName name,
    Path path,
    Optional<CalendarEvent> gc,
    Optional<VerifyConfig> verify,
    List<PruneConfig> prune) {

  public DatastoreConfig {
    prune = List.copyOf(prune);
  }
}
