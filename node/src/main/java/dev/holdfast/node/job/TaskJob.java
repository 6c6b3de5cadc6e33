package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A job whose run is one piece of work.
 *
 * @param workerId of its tasks (spec/engine.md §10.1)
 * @param work what it throws is how the run failed; looks at the task's abort flag
 */
public record TaskJob(
    JobId id,
    Optional<CalendarEvent> schedule,
    boolean enabled,
    @Nullable String workerId,
    JobRunner runner,
    TaskRegistry.Body work)
    implements Job {

  @Override
  public Upid start(AuthId caller, Trigger trigger) {
    return runner.start(id, workerId, caller, trigger, work);
  }
}
