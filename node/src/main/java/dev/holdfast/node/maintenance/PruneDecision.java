package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of a snapshot.
 *
 * @param mark by the rules; with no rule at all nothing is removed, whatever its mark
 * @param rule that keeps it; null when none does
 */
public record PruneDecision(SnapshotId snapshot, Mark mark, boolean keep, @Nullable Period rule) {
  /** For people: our command line shows it, other clients pass it over. */
  public String reason() {
    return switch (mark) {
      case PROTECTED -> "protected";
      case KEEP_PARTIAL -> "not finished";
      case KEEP -> rule == null ? "" : rule.option();
      case REMOVE -> keep ? "no rule was given" : "no rule keeps it";
    };
  }

  /** As in the log of one group (spec/engine.md §3.2). */
  String markText() {
    return keep && mark == Mark.REMOVE ? Mark.KEEP.text() : mark.text();
  }

  /** As in the log of a datastore. */
  String verb() {
    return switch (mark) {
      case KEEP -> "keep";
      case KEEP_PARTIAL -> "keep partial";
      case PROTECTED -> "keep protected";
      case REMOVE -> keep ? "keep" : "remove";
    };
  }
}
