package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.task.Upid;
import java.util.Optional;

/** Work that is done again and again: on a schedule, and when somebody asks for it. */
public interface Job {
  JobId id();

  /** Absent = only when somebody asks. */
  Optional<CalendarEvent> schedule();

  /** Whether the schedule counts; who asks may run it all the same. */
  boolean enabled();

  /**
   * Starts a run as a task and returns at once.
   *
   * @throws dev.holdfast.chunkstore.error.BackupException LOCKED when a run is under way
   */
  Upid start(AuthId caller, Trigger trigger);
}
