package dev.holdfast.node.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.task.TaskFilter;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what is due runs, once, at its minute or as soon as the node is up again, and nothing
 * else does. Clock and timer are the test's.
 */
final class JobSchedulerTest {
  private static final Duration IDLE_TIME_MAX = Duration.ofSeconds(20);

  private final FakeClock clock = new FakeClock("2024-05-01T19:58:20Z");
  private final FakeTimer timer = new FakeTimer();
  private final StateDirectory directory;
  private final List<Job> configured = new ArrayList<>();
  private final List<String> ran = new ArrayList<>();
  private TaskRegistry tasks;
  private JobStates states;
  private JobRunner runner;
  private Jobs jobs;

  JobSchedulerTest(@TempDir Path path) {
    directory = StateDirectory.open(new LocalFiles(), path, new SecureRandom());
    tasks = TaskRegistry.open(directory.files(), directory.directory("tasks"), clock, "here");
    states = JobStates.open(directory, tasks);
    runner = new JobRunner(tasks, states);
    jobs = new Jobs(states, ZoneOffset.UTC);
    start();
  }

  /** As after a start of the node: what is not in files is forgotten. */
  private void start() {
    timer.clear();
    tasks = TaskRegistry.open(directory.files(), directory.directory("tasks"), clock, "here");
    states = JobStates.open(directory, tasks);
    runner = new JobRunner(tasks, states);
    jobs = new Jobs(states, ZoneOffset.UTC);
    jobs.register(JobType.PRUNE, () -> List.copyOf(configured));
    new JobScheduler(jobs, timer, Runnable::run, clock).start();
  }

  private Job job(String name, String schedule) {
    return job(name, schedule, true, task -> {});
  }

  private Job job(String name, String schedule, boolean enabled, TaskRegistry.Body work) {
    return new Job() {
      private TaskJob now() {
        return new TaskJob(
            new JobId(JobType.PRUNE, name),
            Optional.of(CalendarEvent.parse(schedule)),
            enabled,
            "main",
            runner,
            task -> {
              synchronized (ran) {
                ran.add(name);
              }
              work.run(task);
            });
      }

      @Override
      public JobId id() {
        return now().id();
      }

      @Override
      public Optional<CalendarEvent> schedule() {
        return now().schedule();
      }

      @Override
      public boolean enabled() {
        return enabled;
      }

      @Override
      public Upid start(AuthId caller, Trigger trigger) {
        return now().start(caller, trigger);
      }
    };
  }

  /** The time comes that the timer was asked for. */
  private void minute() throws InterruptedException {
    minuteWhileBusy();
    assertThat(tasks.awaitIdle(IDLE_TIME_MAX)).isZero();
  }

  private void minuteWhileBusy() {
    assertThat(timer.delays()).hasSize(1);
    clock.pass(timer.delays().getFirst());
    timer.pass();
  }

  private List<String> takeRan() {
    synchronized (ran) {
      List<String> taken = List.copyOf(ran);
      ran.clear();
      return taken;
    }
  }

  @Test
  void looksAtEveryFullMinute() throws InterruptedException {
    assertThat(timer.delays()).containsExactly(Duration.ofSeconds(40));
    minute();
    assertThat(timer.delays()).containsExactly(Duration.ofSeconds(60));
    clock.pass(Duration.ofMillis(250)); // a timer that is late
    minute();
    assertThat(timer.delays()).containsExactly(Duration.ofMillis(59_750));
  }

  @Test
  void jobRunsAtItsMinuteAndNotAgain() throws InterruptedException {
    configured.add(job("nightly", "20:00"));
    minute();
    assertThat(takeRan()).isEmpty();
    minute();
    assertThat(takeRan()).containsExactly("nightly");
    minute();
    assertThat(takeRan()).isEmpty();
    assertThat(jobs.status(configured.getFirst()).nextRun())
        .hasValue(Instant.parse("2024-05-02T20:00:00Z").getEpochSecond());
  }

  @Test
  void logTellsTheSchedule() throws InterruptedException {
    configured.add(job("nightly", "20:00"));
    minute();
    minute();
    var upid = tasks.list(TaskFilter.ALL, 0, 0).getFirst().upid();
    assertThat(upid.owner()).isEqualTo(AuthId.ROOT);
    assertThat(tasks.log(upid, 0, 0).lines().getFirst().text())
        .isEqualTo("2024-05-01T20:00:00+00:00: task triggered by schedule '20:00'");
  }

  @Test
  void missedRunsFireOnceAfterTheStart() throws InterruptedException {
    configured.add(job("nightly", "20:00"));
    minute(); // the node knows the job from here on
    clock.set("2024-05-09T07:30:05Z");
    start();
    minute();
    assertThat(takeRan()).containsExactly("nightly");
    minute();
    assertThat(takeRan()).isEmpty();
  }

  @Test
  void newJobWaitsForItsNextEvent() throws InterruptedException {
    clock.set("2024-05-01T20:30:00Z");
    start();
    configured.add(job("nightly", "20:00"));
    states.created(configured.getFirst().id());
    minute();
    minute();
    assertThat(takeRan()).isEmpty();
  }

  @Test
  void disabledJobRunsWhenAskedOnly() throws InterruptedException {
    Job job = job("nightly", "minutely", false, task -> {});
    configured.add(job);
    minute();
    minute();
    assertThat(takeRan()).isEmpty();
    assertThat(jobs.status(job).nextRun()).isEmpty();
    jobs.run(job.id(), AuthId.ROOT);
    assertThat(tasks.awaitIdle(IDLE_TIME_MAX)).isZero();
    assertThat(takeRan()).containsExactly("nightly");
  }

  @Test
  void jobThatRunsIsPassedOverAndDueWhenItHasEnded() throws InterruptedException {
    CountDownLatch go = new CountDownLatch(1);
    Job slow = job("slow", "minutely", true, task -> go.await());
    configured.add(slow);
    minuteWhileBusy();
    minuteWhileBusy();
    minuteWhileBusy();
    assertThatThrownBy(() -> jobs.run(slow.id(), AuthId.ROOT))
        .hasMessage("job 'slow' is running already")
        .satisfies(e -> assertThat(((BackupException) e).kind()).isEqualTo(Kind.LOCKED));
    assertThat(jobs.status(slow).lastStatus()).isNull();
    go.countDown();
    assertThat(tasks.awaitIdle(IDLE_TIME_MAX)).isZero();
    assertThat(takeRan()).containsExactly("slow");
    minute();
    assertThat(takeRan()).containsExactly("slow");
  }

  @Test
  void runSomebodyAskedForMovesTheSchedule() throws InterruptedException {
    Job job = job("hourly", "*:0/30");
    configured.add(job);
    minute();
    clock.set("2024-05-01T20:29:30Z");
    start();
    clock.set("2024-05-01T20:30:00Z");
    jobs.run(job.id(), AuthId.ROOT);
    assertThat(tasks.awaitIdle(IDLE_TIME_MAX)).isZero();
    takeRan();
    minute();
    assertThat(takeRan()).isEmpty();
  }

  @Test
  void runForAnEventDoesNotMoveTheSchedule() throws InterruptedException {
    Job job = job("nightly", "20:00");
    configured.add(job);
    minute();
    clock.set("2024-05-01T20:00:30Z");
    job.start(AuthId.ROOT, new Trigger.Event());
    assertThat(tasks.awaitIdle(IDLE_TIME_MAX)).isZero();
    assertThat(jobs.status(job).lastStatus()).isEqualTo(new TaskStatus.Ok());
    takeRan();
    minute();
    assertThat(takeRan()).containsExactly("nightly");
  }

  @Test
  void failureIsRememberedAndTheOthersStart() throws InterruptedException {
    Job bad =
        job(
            "bad",
            "20:00",
            true,
            task -> {
              throw new BackupException(Kind.OUT_OF_SPACE, "no space left");
            });
    configured.add(bad);
    configured.add(job("good", "20:00"));
    List<String> heard = new ArrayList<>();
    runner.onEnd((id, task, status, trigger) -> heard.add(id + " " + status.text()));
    minute();
    minute();
    assertThat(takeRan()).containsExactlyInAnyOrder("bad", "good");
    assertThat(jobs.status(bad).lastStatus()).isEqualTo(new TaskStatus.Failed("no space left"));
    assertThat(heard).containsExactlyInAnyOrder("prunejob-bad no space left", "prunejob-good OK");
    start();
    assertThat(jobs.status(bad).lastStatus()).isEqualTo(new TaskStatus.Failed("no space left"));
  }

  @Test
  void clockThatGoesBackWaits() throws InterruptedException {
    configured.add(job("nightly", "20:00"));
    minute();
    minute();
    assertThat(takeRan()).containsExactly("nightly");
    clock.set("2024-05-01T19:59:30Z");
    start();
    minute();
    assertThat(takeRan()).isEmpty();
  }
}
