package dev.holdfast.chunkstore.prune;

import dev.holdfast.chunkstore.prune.KeepRules.Period;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Marks the snapshots of one group as real servers do (spec/engine.md §3.1). The newest of a period
 * stands for it; what an earlier rule marked, a later one does not touch; a protected snapshot
 * stays and satisfies no rule. A held one stays, too, but counts for the rules like any other, so
 * that at the end of its hold they decide as if there had been none.
 */
public final class PruneSelection {
  /** What becomes of a snapshot. */
  public enum Mark {
    KEEP("keep"),
    /** Not finished, but newer than every finished one: somebody may be writing it. */
    KEEP_PARTIAL("keep-partial"),
    PROTECTED("protected"),
    /** No rule keeps it, but a hold does. */
    HELD("held"),
    REMOVE("remove");

    private final String text;

    Mark(String text) {
      this.text = text;
    }

    /** As in task logs. */
    public String text() {
      return text;
    }
  }

  /**
   * A snapshot, as far as it matters here.
   *
   * @param time seconds since 1970, different for each snapshot of a group
   * @param isFinished has a manifest
   * @param isHeld by the hold of its namespace
   */
  public record Candidate(long time, boolean isFinished, boolean isProtected, boolean isHeld) {}

  /**
   * What becomes of a snapshot, and which rule keeps it.
   *
   * @param rule null for one that is kept by no rule, or not at all
   */
  public record Decision(Mark mark, @Nullable Period rule) {}

  private final List<Candidate> newestFirst;
  private final ZoneId zone;
  private final Map<Candidate, Mark> marks = new LinkedHashMap<>();
  private final Map<Candidate, Period> keepers = new HashMap<>();

  private PruneSelection(List<Candidate> candidates, ZoneId zone) {
    this.newestFirst =
        candidates.stream().sorted(Comparator.comparingLong(Candidate::time).reversed()).toList();
    this.zone = zone;
  }

  /**
   * The mark of each snapshot by its time. With {@link KeepRules#keepAll} nothing is to be removed,
   * whatever its mark.
   *
   * @param zone in whose days, weeks, … the rules count
   */
  public static Map<Long, Mark> select(List<Candidate> group, KeepRules rules, ZoneId zone) {
    Map<Long, Mark> marks = new LinkedHashMap<>();
    decide(group, rules, zone).forEach((time, decision) -> marks.put(time, decision.mark));
    return marks;
  }

  /** As {@link #select}, with the rule that keeps a snapshot. */
  public static Map<Long, Decision> decide(List<Candidate> group, KeepRules rules, ZoneId zone) {
    PruneSelection selection = new PruneSelection(group, zone);
    selection.markUnfinished();
    rules.counts().forEach(selection::apply);
    Map<Long, Decision> result = new LinkedHashMap<>();
    for (Candidate candidate : selection.newestFirst) {
      result.put(candidate.time, selection.result(candidate));
    }
    return result;
  }

  private void markUnfinished() {
    boolean keep = true;
    for (Candidate candidate : newestFirst) {
      if (!candidate.isFinished) {
        marks.put(candidate, keep ? Mark.KEEP_PARTIAL : Mark.REMOVE);
      }
      keep = false;
    }
  }

  private void apply(Period period, long count) {
    Set<String> covered = new HashSet<>();
    marks.forEach(
        (candidate, mark) -> {
          if (mark == Mark.KEEP) {
            covered.add(period.of(candidate.time, zone));
          }
        });
    Set<String> taken = new HashSet<>();
    for (Candidate candidate : newestFirst) {
      String id = period.of(candidate.time, zone);
      if (marks.containsKey(candidate)) {
        continue;
      }
      if (candidate.isProtected) {
        marks.put(candidate, Mark.PROTECTED);
      } else if (!covered.contains(id)) {
        if (taken.contains(id)) {
          marks.put(candidate, Mark.REMOVE);
        } else if (taken.size() < count) {
          taken.add(id);
          marks.put(candidate, Mark.KEEP);
          keepers.put(candidate, period);
        } else {
          return;
        }
      }
    }
  }

  private Decision result(Candidate candidate) {
    if (candidate.isProtected) {
      return new Decision(Mark.PROTECTED, null);
    }
    Mark mark = marks.getOrDefault(candidate, Mark.REMOVE);
    return new Decision(
        mark == Mark.REMOVE && candidate.isHeld ? Mark.HELD : mark, keepers.get(candidate));
  }
}
