package dev.holdfast.node.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.job.Job;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobStates;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.job.Trigger;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: what breaks without a failing task is told before it costs a backup. */
final class HealthWatchTest {
  private static final long GIB = 1L << 30;

  private final List<Notification> heard = new ArrayList<>();
  private final JobStates states;
  private final HealthWatch watch;
  private Instant now = Instant.parse("2024-05-01T18:30:00Z");
  private Instant certificateEnd = now.plus(Duration.ofDays(400));
  private FileOps.Space space = new FileOps.Space(100 * GIB, 50 * GIB, 50 * GIB);

  HealthWatchTest(@TempDir Path directory) {
    StateDirectory state = StateDirectory.open(new LocalFiles(), directory, new SecureRandom());
    TaskRegistry tasks =
        TaskRegistry.open(state.files(), state.directory("tasks"), new TestClock(), "lyon");
    states = JobStates.open(state, tasks);
    Jobs jobs = new Jobs(states, ZoneOffset.UTC);
    jobs.register(JobType.PRUNE, () -> List.of(new Hourly()));
    watch =
        new HealthWatch(
            "lyon",
            jobs,
            () -> Map.of(new DatastoreName("main"), () -> space),
            () -> certificateEnd,
            () -> now,
            heard::add);
  }

  private final class TestClock extends Clock {
    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  private static final class Hourly implements Job {
    @Override
    public JobId id() {
      return new JobId(JobType.PRUNE, "nightly");
    }

    @Override
    public Optional<CalendarEvent> schedule() {
      return Optional.of(CalendarEvent.parse("hourly"));
    }

    @Override
    public boolean enabled() {
      return true;
    }

    @Override
    public Upid start(AuthId caller, Trigger trigger) {
      throw new UnsupportedOperationException();
    }
  }

  private List<String> look(Duration later) {
    now = now.plus(later);
    watch.look();
    List<String> titles =
        heard.stream().map(event -> event.severity().text() + " " + event.title()).toList();
    heard.clear();
    return titles;
  }

  @Test
  void wellIsSilent() {
    assertThat(look(Duration.ZERO)).isEmpty();
  }

  @Test
  void jobThatDoesNotStartIsOverdueUntilItRuns() {
    assertThat(look(Duration.ZERO)).isEmpty();
    assertThat(look(Duration.ofMinutes(80))).isEmpty();
    assertThat(look(Duration.ofMinutes(15)))
        .containsExactly("warning lyon: prune job 'nightly' is overdue");
    assertThat(look(Duration.ofMinutes(5))).isEmpty();
    states.created(new JobId(JobType.PRUNE, "nightly"));
    assertThat(look(Duration.ofMinutes(5))).isEmpty();
    assertThat(look(Duration.ofHours(3)))
        .containsExactly("warning lyon: prune job 'nightly' is overdue");
  }

  @Test
  void diskThatFillsIsToldAtEachStepAndWhenItHasRoom() {
    space = new FileOps.Space(100 * GIB, 90 * GIB, 10 * GIB);
    assertThat(look(Duration.ZERO)).containsExactly("warning lyon: datastore 'main' is 90 % full");
    assertThat(look(Duration.ofMinutes(5))).isEmpty();
    space = new FileOps.Space(100 * GIB, 97 * GIB, 3 * GIB);
    assertThat(look(Duration.ofMinutes(5)))
        .containsExactly("error lyon: datastore 'main' is 97 % full");
    space = new FileOps.Space(100 * GIB, 40 * GIB, 60 * GIB);
    assertThat(look(Duration.ofMinutes(5)))
        .containsExactly("info lyon: datastore 'main' has room again");
  }

  @Test
  void certificateIsToldThreeWeeksBeforeItsEndAndOnItsLastDays() {
    certificateEnd = now.plus(Duration.ofDays(20));
    assertThat(look(Duration.ZERO)).contains("warning lyon: certificate ends soon");
    certificateEnd = now.plus(Duration.ofDays(2));
    assertThat(look(Duration.ZERO)).contains("error lyon: certificate ends soon");
    certificateEnd = now.plus(Duration.ofDays(700));
    assertThat(look(Duration.ZERO)).isEmpty();
  }
}
