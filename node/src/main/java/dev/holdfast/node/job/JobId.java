package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.SafeId;

/**
 * Names a job.
 *
 * @param name the id from the configuration; of a garbage collection the datastore
 */
public record JobId(JobType type, String name) {
  public JobId {
    SafeId.require(name, type.text() + " name");
  }

  /** {@code syncjob-paris}; a name of a file as well. */
  @Override
  public String toString() {
    return type.text() + "-" + name;
  }
}
