package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.Namespace;

/**
 * What a pull may do in our own datastore, where nobody else asks; a peer that is pushed to decides
 * by itself. Asked anew for each step. Any thread.
 */
public interface TargetRights {
  TargetRights EVERYTHING =
      new TargetRights() {
        @Override
        public boolean writes(Namespace namespace) {
          return true;
        }

        @Override
        public boolean arranges(Namespace parent) {
          return true;
        }
      };

  /** Whether groups of the owner may come into the namespace, and go. */
  boolean writes(Namespace namespace);

  /** Whether namespaces may be made and removed right below this one. */
  boolean arranges(Namespace parent);
}
