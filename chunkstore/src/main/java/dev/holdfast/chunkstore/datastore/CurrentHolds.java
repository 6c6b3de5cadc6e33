package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.model.Holds;

/** The holds of an open datastore, which its operator may change meanwhile. Any thread. */
final class CurrentHolds {
  private volatile Holds holds;

  CurrentHolds(Holds holds) {
    this.holds = holds;
  }

  Holds get() {
    return holds;
  }

  void set(Holds now) {
    holds = now;
  }
}
