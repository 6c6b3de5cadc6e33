package dev.holdfast.node.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.meshconfig.When;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.task.TaskFilter;
import dev.holdfast.node.task.TaskInfo;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.replication.transfer.SyncResult.BusyGroup;
import dev.holdfast.replication.transfer.SyncScope;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a mesh that is busy or broken makes neither many runs at once nor many retries, and
 * what was asked for is never forgotten. The sync and the time are the test's.
 */
final class SyncJobTest {
  private static final Duration IDLE_TIME_MAX = Duration.ofSeconds(20);
  private static final DatastoreName MAIN = new DatastoreName("main");
  private static final Namespace LAB = Namespace.parse("lab");
  private static final SyncScope WEB = SyncScope.of(LAB, GroupId.parse("host/web"));
  private static final SyncScope VM = SyncScope.of(LAB, GroupId.parse("vm/100"));

  private final FakeSync sync = new FakeSync();
  private final FakeTimer timer = new FakeTimer();
  private final TaskRegistry tasks;
  private final JobStates states;
  private final SyncJob job;

  SyncJobTest(@TempDir Path directory) {
    StateDirectory state =
        StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom());
    tasks = TaskRegistry.open(new LocalFiles(), directory, Clock.systemUTC(), "here");
    states = JobStates.open(state, tasks);
    SyncConfig config =
        new SyncConfig.Pull(
            "copy",
            new SyncConfig.Remote("paris", MAIN, Namespace.ROOT),
            new SyncConfig.Local(MAIN, Namespace.ROOT),
            When.EVENT,
            AuthId.ROOT,
            SyncRules.DEFAULT);
    JobRunner runner = new JobRunner(tasks, states);
    job = new SyncJob(config, until -> sync, tasks, runner, timer, (from, moved) -> {});
  }

  private static BackupException down() {
    return new BackupException(Kind.PEER_UNREACHABLE, "cannot reach paris.example:8007: refused");
  }

  private void awaitIdle() throws InterruptedException {
    assertThat(tasks.awaitIdle(IDLE_TIME_MAX)).isZero();
  }

  private void run(SyncScope scope) throws InterruptedException {
    job.request(scope);
    awaitIdle();
  }

  private void timePasses() throws InterruptedException {
    timer.pass();
    awaitIdle();
  }

  /** The last to end first. */
  private List<String> endedAs() {
    return tasks.list(TaskFilter.ALL, 0, 0).stream()
        .map(TaskInfo::status)
        .map(status -> String.valueOf(status.text()))
        .toList();
  }

  @Test
  void requestsDuringARunBecomeOneFurtherRun() throws InterruptedException {
    sync.hold();
    job.request(WEB);
    sync.awaitRun();
    for (int i = 0; i < 5; i++) {
      job.request(VM);
      job.request(WEB);
    }
    sync.release();
    awaitIdle();
    assertThat(sync.planned).containsExactly(WEB, VM, WEB);
    assertThat(endedAs()).containsExactly("OK", "OK");
  }

  @Test
  void manyWaitingGroupsBecomeEverything() throws InterruptedException {
    sync.hold();
    job.request(WEB);
    sync.awaitRun();
    List<SyncScope> groups =
        IntStream.rangeClosed(0, ScopeSet.GROUPS_MAX)
            .mapToObj(i -> SyncScope.of(LAB, GroupId.parse("vm/" + (200 + i))))
            .toList();
    groups.forEach(job::request);
    groups.forEach(job::request);
    sync.release();
    awaitIdle();
    assertThat(sync.planned).containsExactly(WEB, SyncScope.ALL);
  }

  @Test
  void busyGroupIsLookedAtAgain() throws InterruptedException {
    sync.busy.add(new BusyGroup(LAB, GroupId.parse("vm/100"), "its transfer is under way"));
    run(SyncScope.ALL);
    run(SyncScope.ALL);
    assertThat(timer.delays()).containsExactly(SyncJob.BUSY_DELAY);
    sync.busy.clear();
    assertThat(sync.takePlanned()).containsExactly(SyncScope.ALL, SyncScope.ALL);
    timePasses();
    assertThat(sync.planned).containsExactly(VM);
    assertThat(timer.delays()).isEmpty();
    assertThat(endedAs()).containsExactly("OK", "OK", "OK");
  }

  @Test
  void failureIsTriedAgainLaterEachTimeUntilItIsMended() throws InterruptedException {
    sync.failures.add("sync group vm/100 failed");
    run(VM);
    assertThat(endedAs()).containsExactly("sync failed with some errors (1), see the task's log");
    for (long seconds : List.of(5, 10, 20, 40)) {
      assertThat(timer.delays()).containsExactly(Duration.ofSeconds(seconds));
      timePasses();
    }
    sync.failures.clear();
    timePasses();
    assertThat(sync.planned).hasSize(6).containsOnly(VM);
    assertThat(timer.delays()).isEmpty();
    sync.failures.add("again");
    run(VM);
    assertThat(timer.delays()).containsExactly(SyncJob.RETRY_DELAY_MIN);
  }

  @Test
  void delayHasALimit() {
    assertThat(SyncJob.retryDelay(1_000_000)).isEqualTo(SyncJob.RETRY_DELAY_MAX);
  }

  @Test
  void manyFailuresAreOneRetryOfAllThatFailed() throws InterruptedException {
    sync.unusable = down();
    for (int i = 0; i < 10; i++) {
      run(WEB);
      run(VM);
    }
    assertThat(timer.delays()).hasSize(1);
    sync.takePlanned();
    sync.unusable = null;
    timePasses();
    assertThat(sync.planned).containsExactlyInAnyOrder(WEB, VM);
    assertThat(timer.delays()).isEmpty();
  }

  @Test
  void whatSucceededMeanwhileIsNotTriedAgain() throws InterruptedException {
    sync.unusable = down();
    run(VM);
    sync.unusable = null;
    run(SyncScope.ALL);
    sync.takePlanned();
    timePasses();
    assertThat(sync.planned).isEmpty();
  }

  @Test
  void failureOfThePeerNamesIt() throws InterruptedException {
    sync.unusable = down();
    run(SyncScope.ALL);
    String text = "peer 'paris': cannot reach paris.example:8007: refused";
    assertThat(endedAs()).containsExactly(text);
    assertThat(states.load(job.id()))
        .isInstanceOfSatisfying(
            JobState.Finished.class,
            last -> assertThat(last.status()).isEqualTo(new TaskStatus.Failed(text)));
    assertThatThrownBy(job::plan).hasMessage(text);
  }

  @Test
  void refusedGroupLeavesTheOthersAlone() throws InterruptedException {
    sync.hold();
    job.request(WEB);
    sync.awaitRun();
    sync.refused.add(WEB);
    job.request(WEB);
    job.request(VM);
    sync.release();
    awaitIdle();
    assertThat(sync.takePlanned()).containsExactly(WEB, WEB, VM);
    // The next run may end before the one that called it has been written down.
    assertThat(endedAs())
        .hasSize(2)
        .contains("OK")
        .anyMatch(text -> text.startsWith("the plan of sync 'copy' is refused: source namespace"));
    timePasses();
    assertThat(sync.planned).containsExactly(WEB);
  }

  @Test
  void abortedRunIsNotTriedAgain() throws InterruptedException {
    sync.hold();
    var upid = job.start(AuthId.ROOT, new Trigger.Request());
    sync.awaitRun();
    assertThat(tasks.abort(upid)).isTrue();
    sync.release();
    awaitIdle();
    assertThat(timer.delays()).isEmpty();
    assertThat(endedAs()).containsExactly("task aborted");
    run(VM);
    assertThat(endedAs().getFirst()).isEqualTo("OK");
  }

  @Test
  void abortEndsAWaitForThePeerWhateverTheWaitSays() throws InterruptedException {
    sync.hold();
    job.request(WEB);
    sync.awaitRun();
    job.request(VM);
    sync.unusable = down();
    tasks.abortAll();
    sync.release();
    awaitIdle();
    assertThat(endedAs()).containsExactly("task aborted");
    assertThat(timer.delays()).isEmpty();
  }

  @Test
  void oneRunAtATimeForWhoeverWaitsForIt() throws InterruptedException {
    sync.hold();
    var upid = job.start(AuthId.ROOT, new Trigger.Request());
    sync.awaitRun();
    assertThat(job.running()).isEqualTo(upid);
    assertThatThrownBy(() -> job.start(AuthId.ROOT, new Trigger.Request()))
        .hasMessage("sync 'copy' is running already")
        .satisfies(e -> assertThat(((BackupException) e).context()).containsValue(upid.toString()));
    sync.release();
    awaitIdle();
    assertThat(job.running()).isNull();
  }

  @Test
  void nothingStartsAfterTheEnd() throws InterruptedException {
    sync.hold();
    sync.failures.add("lost");
    job.request(WEB);
    sync.awaitRun();
    job.request(VM);
    job.close();
    sync.release();
    awaitIdle();
    run(SyncScope.ALL);
    timePasses();
    assertThat(sync.planned).containsExactly(WEB);
    assertThatThrownBy(() -> job.start(AuthId.ROOT, new Trigger.Request()))
        .hasMessage("the node is stopping");
  }
}
