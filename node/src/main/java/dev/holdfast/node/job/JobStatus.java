package dev.holdfast.node.job;

import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.time.ZoneId;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How a job stands, for listings.
 *
 * @param nextRun seconds since 1970; empty when nothing starts it by itself
 * @param lastRun the task, which may still run; null before the first
 * @param lastStatus null before the first end, and while it runs
 * @param lastEnd seconds since 1970; empty while it runs
 */
public record JobStatus(
    OptionalLong nextRun,
    @Nullable Upid lastRun,
    @Nullable TaskStatus lastStatus,
    OptionalLong lastEnd) {

  static JobStatus of(
      JobState state, boolean enabled, Optional<CalendarEvent> schedule, ZoneId zone) {
    OptionalLong next =
        enabled && schedule.isPresent()
            ? schedule.get().next(state.shownBase(), zone)
            : OptionalLong.empty();
    return switch (state) {
      case JobState.Created created -> new JobStatus(next, null, null, OptionalLong.empty());
      case JobState.Started started ->
          new JobStatus(next, started.upid(), null, OptionalLong.empty());
      case JobState.Finished last ->
          new JobStatus(next, last.upid(), last.status(), OptionalLong.of(last.endTime()));
    };
  }
}
