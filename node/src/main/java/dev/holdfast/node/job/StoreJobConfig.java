package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;

/** A job that looks after one datastore, from a namespace downwards. */
public interface StoreJobConfig extends JobConfig {
  DatastoreName store();

  Namespace namespace();
}
