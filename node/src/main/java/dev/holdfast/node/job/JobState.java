package dev.holdfast.node.job;

import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.util.OptionalLong;

/** What is remembered of a job's last run. Times are seconds since 1970. */
public sealed interface JobState {
  /** It never ran. */
  record Created(long time) implements JobState {}

  /** It runs, or the node died meanwhile. */
  record Started(Upid upid) implements JobState {}

  /**
   * @param updated from when the schedule counts, when not from that run
   */
  record Finished(Upid upid, TaskStatus status, long endTime, OptionalLong updated)
      implements JobState {}

  /** The next run is the first event of the schedule after this. */
  default long scheduleBase() {
    return switch (this) {
      case Created created -> created.time();
      case Started started -> started.upid().startTime();
      case Finished finished -> finished.updated().orElse(finished.upid().startTime());
    };
  }

  /**
   * As {@link #scheduleBase}, for listings: after a run longer than its interval they show the next
   * event of the schedule, not one that is over (spec/engine.md §9.6).
   */
  default long shownBase() {
    return switch (this) {
      case Created created -> created.time();
      case Started started -> started.upid().startTime();
      case Finished finished -> finished.updated().orElse(finished.endTime());
    };
  }
}
