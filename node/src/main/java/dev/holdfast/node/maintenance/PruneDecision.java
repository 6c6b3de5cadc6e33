package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of a snapshot.
 *
 * @param mark by the rules; with no rule at all nothing is removed, whatever its mark
 * @param rule that keeps it; null when none does
 * @param held what holds it, whether a rule keeps it or not; null when nothing does
 */
public record PruneDecision(
    SnapshotId snapshot, Mark mark, boolean keep, @Nullable Period rule, @Nullable Held held) {
  /** For people: our command line shows it, other clients pass it over. */
  public String reason() {
    return switch (mark) {
      case PROTECTED -> "protected";
      case KEEP_PARTIAL -> "not finished";
      case KEEP -> rule == null ? "" : rule.option();
      case HELD -> held == null ? mark.text() : held.text();
      case REMOVE -> keep ? "no rule was given" : "no rule keeps it";
    };
  }

  /** As in the log of one group (spec/engine.md §3.2). */
  String markText() {
    boolean plainKeep = mark == Mark.HELD || (keep && mark == Mark.REMOVE);
    return plainKeep ? Mark.KEEP.text() : mark.text();
  }

  /** What stands in both logs after the words of a real server. */
  String logReason() {
    return mark == Mark.HELD ? " (" + reason() + ")" : "";
  }

  /** As in the log of a datastore. */
  String verb() {
    return switch (mark) {
      case KEEP, HELD -> "keep";
      case KEEP_PARTIAL -> "keep partial";
      case PROTECTED -> "keep protected";
      case REMOVE -> keep ? "keep" : "remove";
    };
  }
}
