package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.Namespace;

/**
 * Which snapshots stay, from {@code namespace} downwards.
 *
 * @param maxDepth levels below the namespace; {@link Namespace#DEPTH_MAX} = all
 */
public record PruneConfig(Namespace namespace, CalendarEvent schedule, Keep keep, int maxDepth) {

  /**
   * The keep rules of spec/engine.md §3.1; 0 = this rule is not set.
   *
   * @param last at most {@link #COUNT_MAX}, like all of them
   */
  public record Keep(int last, int hourly, int daily, int weekly, int monthly, int yearly) {
    /** Far above any real policy; catches a date typed where a count belongs. */
    public static final int COUNT_MAX = 100_000;
  }
}
