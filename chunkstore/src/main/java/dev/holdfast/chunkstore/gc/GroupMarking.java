package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.gc.Marking.Seen;
import dev.holdfast.chunkstore.gc.Marking.Step;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the indexes of one group while snapshots come and go in it.
 *
 * <p>The danger is a snapshot that took over chunks of the one before it without touching them: if
 * the older one is removed before its turn, the newer one must be read, and a listing from before
 * does not have it. The older one is held as long as the newer one is being written, so once the
 * older one is seen to be gone or going, the newer one stands in the directory: a group is listed
 * again until nothing vanished, and what has no manifest is the same as the time before.
 *
 * <p>In which order the entries of a listing are read does not matter to that, so several threads
 * share the first one. What there is to look at again is left to the one that ends last.
 */
final class GroupMarking {
  /** A group that changes this often within one collection is left to the next one. */
  private static final int LISTINGS_MAX = 1000;

  private final Marking marking;
  private final Path group;
  private final Set<String> whole = new HashSet<>();
  private Set<String> unsettled = new HashSet<>();
  private boolean vanished;
  private int stepsLeft;

  GroupMarking(Marking marking, Path group) {
    this.marking = marking;
    this.group = group;
  }

  /** Lists the group. Any thread may take any of the steps, each once. */
  Stream<Step> steps() {
    List<String> names = marking.newestFirst(group);
    stepsLeft = names.size();
    return IntStream.range(0, names.size())
        .mapToObj(at -> trail -> step(names.get(at), older(names, at), trail));
  }

  private @Nullable Path older(List<String> newestFirst, int at) {
    return at + 1 < newestFirst.size() ? group.resolve(newestFirst.get(at + 1)) : null;
  }

  private void step(String name, @Nullable Path older, Trail trail) {
    Seen seen = marking.entry(group.resolve(name), older, trail);
    synchronized (this) {
      note(name, seen);
      if (--stepsLeft > 0) {
        return;
      }
    }
    untilSettled(trail);
  }

  private void note(String name, Seen seen) {
    switch (seen) {
      case WHOLE -> whole.add(name);
      case UNSETTLED -> unsettled.add(name);
      case VANISHED -> vanished = true;
    }
  }

  private void untilSettled(Trail trail) {
    Set<String> unsettledBefore = Set.of();
    for (int listing = 1; listing < LISTINGS_MAX; listing++) {
      if (!vanished && unsettled.equals(unsettledBefore)) {
        return;
      }
      unsettledBefore = unsettled;
      unsettled = new HashSet<>();
      vanished = false;
      for (String name : marking.newestFirst(group)) {
        if (!whole.contains(name)) {
          note(name, marking.entry(group.resolve(name), null, trail));
        }
      }
    }
    throw new BackupException(
            Kind.LOCKED,
            "group \""
                + marking.relative(group)
                + "\" changed while each of "
                + LISTINGS_MAX
                + " listings of it was read")
        .advise("Collect garbage again when less is written and removed there.");
  }
}
