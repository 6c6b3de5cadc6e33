package dev.holdfast.chunkstore.datastore;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Everything that adds chunks holds a guard while it does. Garbage collection spares whatever was
 * touched since the oldest of them began (spec/formats.md §1.11).
 */
final class WriterGuards {
  private final InstantSource clock;
  private final Set<WriterGuard> open = ConcurrentHashMap.newKeySet();

  WriterGuards(InstantSource clock) {
    this.clock = clock;
  }

  WriterGuard open() {
    WriterGuard guard = new WriterGuard(clock.instant(), open::remove);
    open.add(guard);
    return guard;
  }

  Optional<Instant> oldest() {
    return open.stream().map(WriterGuard::since).min(Comparator.naturalOrder());
  }
}
