package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.job.JobConfig;
import dev.holdfast.node.job.JobProperties;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;

/** A job that looks after one datastore, from a namespace downwards. */
public interface StoreJobConfig extends JobConfig {
  JobProperties values();

  @Override
  default String id() {
    return values().id();
  }

  @Override
  default SortedMap<String, List<String>> properties() {
    return values().all();
  }

  @Override
  default Optional<CalendarEvent> schedule() {
    return values().schedule();
  }

  default DatastoreName store() {
    return new DatastoreName(values().required("store"));
  }

  default Namespace namespace() {
    return values().namespace("ns");
  }

  /** Levels below the namespace; absent = all. */
  default OptionalInt maxDepth() {
    return values().maxDepth(namespace());
  }
}
