package dev.holdfast.chunkstore.datastore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where snapshots are moved to while garbage is collected: one that leaves a place that was not
 * looked at yet for one that was is in neither listing (spec/engine.md §7.5). PBS keeps this in a
 * file, since its processes are several; here the process that collects is the one that moves, and
 * a collection does not outlive it.
 */
final class Relocations {
  private final List<Path> places = new ArrayList<>();
  private boolean watched;

  /** Until the lease is closed, places are remembered. */
  synchronized Lease watch() {
    watched = true;
    return this::forget;
  }

  private synchronized void forget() {
    watched = false;
    places.clear();
  }

  /**
   * @param snapshot the directory that it is about to have
   */
  synchronized void announce(Path snapshot) {
    if (watched) {
      places.add(snapshot);
    }
  }

  /** Those announced since the last call. */
  synchronized List<Path> drain() {
    List<Path> drained = List.copyOf(places);
    places.clear();
    return drained;
  }
}
