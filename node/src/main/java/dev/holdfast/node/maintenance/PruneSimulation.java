package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.chunkstore.prune.PruneSelection;
import dev.holdfast.chunkstore.prune.PruneSelection.Candidate;
import dev.holdfast.chunkstore.prune.PruneSelection.Decision;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import dev.holdfast.meshconfig.CalendarEvent;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the snapshots of one group over time, before anybody waits for it: snapshots come
 * by a schedule, and the rules are applied by another, or after each. A pure function of its plan.
 */
public final class PruneSimulation {
  /**
   * How many snapshots all prunes together look at: a second or two. Ten years of hourly backups
   * with rules that keep a hundred are below.
   */
  static final long LOOKS_MAX = 10_000_000;

  private final Plan plan;
  private final Map<Long, Kept> alive = new HashMap<>();
  private final List<Snapshot> ended = new ArrayList<>();
  private final List<Count> counts = new ArrayList<>();
  private int made;
  private long looks;

  /**
   * Times are seconds since 1970.
   *
   * @param backups when a snapshot is made
   * @param prunes when the rules are applied; absent = after each backup
   * @param volume of the backups, for how much they take
   * @param hold how long nothing is removed, whatever the rules say; zero for not at all
   * @param start nothing is there before
   * @param end later than the start
   */
  public record Plan(
      CalendarEvent backups,
      Optional<CalendarEvent> prunes,
      KeepRules rules,
      Optional<BackupVolume> volume,
      Duration hold,
      ZoneId zone,
      long start,
      long end) {
    public Plan {
      if (start >= end) {
        throw BackupException.invalid(
            "the simulation ends at " + end + ", expected later than its start, " + start);
      }
    }

    boolean isHeld(long made, long now) {
      return now - made < hold.toSeconds();
    }
  }

  /**
   * One snapshot's life.
   *
   * @param removed empty when it is there at the end
   * @param rule that keeps it, or kept it last; null when none ever did
   * @param ordinal its place among those that the rule keeps, the newest is 1; 0 without a rule
   * @param held no rule keeps it any more, but the hold does
   */
  public record Snapshot(
      long made, OptionalLong removed, @Nullable Period rule, int ordinal, boolean held) {
    /** So far, for one that is there at the end. */
    public long lifeSeconds(long end) {
      return removed.orElse(end) - made;
    }

    /** For people, {@code keep-daily 3}. */
    public String reason() {
      return held ? "hold" : rule == null ? "" : rule.option() + " " + ordinal;
    }
  }

  /**
   * How many there were after a prune.
   *
   * @param bytes that they took together; empty when nobody said how much a backup brings
   */
  public record Count(long time, int snapshots, OptionalLong bytes) {}

  /**
   * @param snapshots all that were made, the newest first
   * @param counts after each prune, in the order of time
   * @param bytes that those take that are there at the end; empty when no volume was given
   */
  public record Result(
      Plan plan, List<Snapshot> snapshots, List<Count> counts, OptionalLong bytes) {
    public Result {
      snapshots = List.copyOf(snapshots);
      counts = List.copyOf(counts);
    }

    /** Those that are there at the end, the newest first. */
    public List<Snapshot> kept() {
      return snapshots.stream().filter(snapshot -> snapshot.removed().isEmpty()).toList();
    }

    /** After a prune. */
    public int countMax() {
      return counts.stream().mapToInt(Count::snapshots).max().orElse(0);
    }

    /** After a prune, or at the end. */
    public OptionalLong bytesMax() {
      return Stream.concat(counts.stream().map(Count::bytes), Stream.of(bytes))
          .flatMapToLong(OptionalLong::stream)
          .max();
    }
  }

  /**
   * @param number of all that were made
   */
  private record Kept(int number, @Nullable Period rule, int ordinal, boolean held) {
    static Kept notYet(int number) {
      return new Kept(number, null, 0, false);
    }

    Kept by(Period period, int place) {
      return new Kept(number, period, place, false);
    }

    Kept onlyHeld() {
      return new Kept(number, rule, ordinal, true);
    }

    Snapshot snapshot(long made, OptionalLong removed) {
      return new Snapshot(made, removed, rule, ordinal, held && removed.isEmpty());
    }
  }

  private PruneSimulation(Plan plan) {
    this.plan = plan;
  }

  /**
   * Takes at most a few seconds of CPU.
   *
   * @throws BackupException INVALID_INPUT for a plan that would take longer
   */
  public static Result run(Plan plan) {
    return new PruneSimulation(plan).run();
  }

  private Result run() {
    OptionalLong backup = next(plan.backups(), plan.start() - 1);
    OptionalLong prune = plan.prunes().map(at -> next(at, plan.start() - 1)).orElse(backup);
    while (backup.isPresent() || prune.isPresent()) {
      // At one time the backup is first: a prune of that minute would find it.
      if (backup.isPresent() && (prune.isEmpty() || backup.getAsLong() <= prune.getAsLong())) {
        alive.put(backup.getAsLong(), Kept.notYet(made++));
        if (plan.prunes().isEmpty()) {
          prune(backup.getAsLong());
        }
        backup = next(plan.backups(), backup.getAsLong());
      }
      if (plan.prunes().isEmpty()) {
        prune = backup;
      } else if (prune.isPresent()
          && (backup.isEmpty() || prune.getAsLong() < backup.getAsLong())) {
        prune(prune.getAsLong());
        prune = next(plan.prunes().get(), prune.getAsLong());
      }
    }
    OptionalLong bytes = bytes();
    alive.forEach((made, kept) -> ended.add(kept.snapshot(made, OptionalLong.empty())));
    ended.sort(Comparator.comparingLong(Snapshot::made).reversed());
    return new Result(plan, ended, counts, bytes);
  }

  private OptionalLong next(CalendarEvent event, long after) {
    OptionalLong next = event.next(after, plan.zone());
    return next.isPresent() && next.getAsLong() <= plan.end() ? next : OptionalLong.empty();
  }

  private void prune(long now) {
    looks += alive.size();
    if (looks > LOOKS_MAX) {
      throw BackupException.invalid("the simulation looks at more than " + LOOKS_MAX + " snapshots")
          .advise("Simulate a shorter time, fewer backups, or rules that keep less.");
    }
    if (!plan.rules().keepAll()) {
      apply(now);
    }
    counts.add(new Count(now, alive.size(), bytes()));
  }

  private OptionalLong bytes() {
    return plan.volume()
        .map(
            volume -> volume.heldBytes(alive.values().stream().map(Kept::number).sorted().toList()))
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  private void apply(long now) {
    List<Candidate> group =
        alive.keySet().stream()
            .map(made -> new Candidate(made, true, false, plan.isHeld(made, now)))
            .toList();
    Map<Period, Integer> ordinals = new EnumMap<>(Period.class);
    // The newest first: that is how ordinals count.
    for (Map.Entry<Long, Decision> decided :
        PruneSelection.decide(group, plan.rules(), plan.zone()).entrySet()) {
      long made = decided.getKey();
      Period rule = decided.getValue().rule();
      if (decided.getValue().mark() == Mark.REMOVE) {
        Kept last = alive.remove(made);
        if (last != null) {
          ended.add(last.snapshot(made, OptionalLong.of(now)));
        }
      } else if (decided.getValue().mark() == Mark.HELD) {
        alive.computeIfPresent(made, (time, last) -> last.onlyHeld());
      } else if (rule != null) {
        int place = ordinals.merge(rule, 1, Integer::sum);
        alive.computeIfPresent(made, (time, last) -> last.by(rule, place));
      }
    }
  }
}
