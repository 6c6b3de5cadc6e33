package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;

/**
 * What of one of our own datastores a sync may read: a peer decides that by itself, for our own it
 * is asked here. Any thread.
 */
public interface SourceRights {
  SourceRights EVERYTHING =
      new SourceRights() {
        @Override
        public boolean sees(Namespace namespace) {
          return true;
        }

        @Override
        public boolean reads(Namespace namespace, AuthId owner) {
          return true;
        }
      };

  /** Whether anything in the namespace may be read. */
  boolean sees(Namespace namespace);

  /**
   * Whether a group may be read.
   *
   * @param owner the group's
   */
  boolean reads(Namespace namespace, AuthId owner);
}
