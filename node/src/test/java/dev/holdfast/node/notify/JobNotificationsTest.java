package dev.holdfast.node.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Trigger;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** At stake: a failure is heard of, its end too, and neither every five minutes. */
final class JobNotificationsTest {
  private static final JobId SYNC = new JobId(JobType.SYNC, "from-paris");
  private static final JobId PRUNE = new JobId(JobType.PRUNE, "nightly");
  private static final TaskStatus FAILED = new TaskStatus.Failed("peer 'paris': refused");

  private final List<Notification> heard = new ArrayList<>();
  private Instant now = Instant.parse("2024-05-01T18:30:00Z");
  private final JobNotifications jobs = new JobNotifications("lyon", () -> now, heard::add);

  private void ended(JobId job, TaskStatus status, Trigger trigger) {
    String worker = job.equals(SYNC) ? "paris:main:copy:lab:from-paris" : "main:lab";
    Upid task =
        new Upid("lyon", 1, 1, 1, now.getEpochSecond(), job.type().text(), worker, AuthId.ROOT);
    jobs.ended(job, task, status, trigger);
  }

  private List<String> takeTitles() {
    List<String> titles =
        heard.stream().map(event -> event.severity().text() + " " + event.title()).toList();
    heard.clear();
    return titles;
  }

  @Test
  void failureOfASyncThatIsTriedAgainIsToldOnceADayAndItsEnd() {
    for (int i = 0; i < 10; i++) {
      ended(SYNC, FAILED, new Trigger.Event());
    }
    assertThat(takeTitles()).containsExactly("error lyon: sync job 'from-paris' failed");
    now = now.plus(Duration.ofHours(25));
    ended(SYNC, FAILED, new Trigger.Event());
    assertThat(takeTitles()).hasSize(1);
    ended(SYNC, new TaskStatus.Ok(), new Trigger.Event());
    ended(SYNC, new TaskStatus.Ok(), new Trigger.Event());
    assertThat(takeTitles()).containsExactly("info lyon: sync job 'from-paris' works again");
  }

  @Test
  void fieldsAreThoseThatMatchersAskFor() {
    ended(SYNC, FAILED, new Trigger.Request());
    assertThat(heard.getFirst().fields())
        .containsEntry("type", "sync")
        .containsEntry("hostname", "lyon")
        .containsEntry("datastore", "copy")
        .containsEntry("job-id", "from-paris");
    assertThat(heard.getFirst().text())
        .contains("peer 'paris': refused", "holdfast task log 'UPID:lyon:");
  }

  @Test
  void pruneThatEndedWellIsToldForThoseWhoWantIt() {
    ended(PRUNE, new TaskStatus.Ok(), new Trigger.Request());
    ended(PRUNE, new TaskStatus.Warnings(2), new Trigger.Request());
    assertThat(takeTitles())
        .containsExactly(
            "info lyon: prune job 'nightly' ended well",
            "warning lyon: prune job 'nightly' ended with warnings");
  }

  @Test
  void whatSomebodyStoppedIsNotTold() {
    ended(PRUNE, new TaskStatus.Failed("task aborted"), new Trigger.Request());
    ended(PRUNE, new TaskStatus.Failed("verification failed - job aborted"), new Trigger.Request());
    assertThat(heard).isEmpty();
  }
}
