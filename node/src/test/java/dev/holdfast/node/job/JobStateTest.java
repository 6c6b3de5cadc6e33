package dev.holdfast.node.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.job.JobState.Created;
import dev.holdfast.node.job.JobState.Finished;
import dev.holdfast.node.job.JobState.Started;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.WorkerTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a job is neither forgotten nor run twice over a restart, and the files are those of a
 * real server. Ground truth: the job states in {@code vectors/pbs-4.2/server-files.json}.
 */
final class JobStateTest {
  private static final JobId JOB = new JobId(JobType.PRUNE, "nightly");

  private final FakeClock clock = new FakeClock("2024-05-01T20:00:10Z");
  private final Path directory;
  private final StateDirectory state;

  JobStateTest(@TempDir Path directory) {
    this.directory = directory;
    state = StateDirectory.open(new LocalFiles(), directory, new SecureRandom());
  }

  private TaskRegistry tasks() {
    return TaskRegistry.open(state.files(), state.directory("tasks"), clock, "here");
  }

  private static long at(String time) {
    return Instant.parse(time).getEpochSecond();
  }

  @Test
  void filesOfARealServerAreReadAndWrittenAlike() throws IOException {
    JsonNode files = Vectors.json("pbs-4.2/server-files.json").path("d/jobstates");
    assertThat(files.size()).isGreaterThan(5);
    for (JsonNode file : files) {
      String text = file.asText();
      assertThat(JobStateJson.format(JobStateJson.parse(text))).isEqualTo(text);
    }
  }

  @Test
  void everyEndComesBack() {
    WorkerTask task = tasks().start("prunejob", "main", AuthId.ROOT);
    for (TaskStatus status :
        List.of(
            new TaskStatus.Ok(),
            new TaskStatus.Warnings(3),
            new TaskStatus.Failed("disk \"full\""),
            new TaskStatus.Unknown())) {
      for (OptionalLong updated : List.of(OptionalLong.empty(), OptionalLong.of(12))) {
        JobState last = new Finished(task.upid(), status, 1_700_000_000, updated);
        assertThat(JobStateJson.parse(JobStateJson.format(last))).isEqualTo(last);
      }
    }
  }

  @Test
  void whatIsNoStateIsNamed() {
    for (String text :
        List.of(
            "",
            "{",
            "[]",
            "{\"created\":{}}",
            "{\"started\":{\"upid\":\"x\"}}",
            "{\"finished\":{}}")) {
      assertThatThrownBy(() -> JobStateJson.parse(text))
          .hasMessageEndingWith("expected created, started or finished");
    }
  }

  @Test
  void unreadableFileCountsAsNone() throws IOException {
    JobStates states = JobStates.open(state, tasks());
    Files.writeString(directory.resolve("jobstates/prunejob-nightly.json"), "{torn");
    assertThat(states.load(JOB)).isEqualTo(new Created(at("2024-05-01T19:59:40Z")));
  }

  @Test
  void jobNeverSeenIsCreatedJustBefore() {
    JobStates states = JobStates.open(state, tasks());
    assertThat(states.loadOrCreate(JOB)).isEqualTo(new Created(at("2024-05-01T19:59:40Z")));
    clock.set("2024-05-02T20:00:00Z");
    assertThat(JobStates.open(state, tasks()).load(JOB))
        .isEqualTo(new Created(at("2024-05-01T19:59:40Z")));
  }

  @Test
  void runThatDiedWithTheNodeIsUnknownAndCountsFromItsStart() {
    TaskRegistry before = tasks();
    WorkerTask task = before.start("prunejob", "main", AuthId.ROOT);
    JobStates.open(state, before).save(JOB, new Started(task.upid()));
    assertThat(JobStates.open(state, before).load(JOB)).isEqualTo(new Started(task.upid()));
    clock.set("2024-05-03T00:00:00Z");
    JobState found = JobStates.open(state, tasks()).load(JOB);
    assertThat(found)
        .isInstanceOfSatisfying(
            Finished.class, last -> assertThat(last.status()).isEqualTo(new TaskStatus.Unknown()));
    assertThat(found.scheduleBase()).isEqualTo(at("2024-05-01T20:00:10Z"));
  }

  @Test
  void endThatWasNotWrittenDownIsInTheLogOfTheTask() {
    TaskRegistry before = tasks();
    WorkerTask task = before.start("prunejob", "main", AuthId.ROOT);
    JobStates.open(state, before).save(JOB, new Started(task.upid()));
    task.warn("something");
    clock.set("2024-05-01T20:07:00Z");
    task.finish(null);
    assertThat(JobStates.open(state, tasks()).load(JOB))
        .isEqualTo(
            new Finished(
                task.upid(),
                new TaskStatus.Warnings(1),
                at("2024-05-01T20:07:00Z"),
                OptionalLong.empty()));
  }

  @Test
  void changedScheduleCountsFromNowAndTheLastRunStaysKnown() {
    JobStates states = JobStates.open(state, tasks());
    states.created(JOB);
    clock.set("2024-05-05T00:00:00Z");
    states.rescheduled(JOB);
    assertThat(states.load(JOB).scheduleBase()).isEqualTo(at("2024-05-05T00:00:00Z"));
    WorkerTask task = tasks().start("prunejob", "main", AuthId.ROOT);
    states.save(JOB, new Finished(task.upid(), new TaskStatus.Ok(), 1, OptionalLong.empty()));
    clock.set("2024-05-06T00:00:00Z");
    states.rescheduled(JOB);
    assertThat(states.load(JOB))
        .isEqualTo(
            new Finished(
                task.upid(), new TaskStatus.Ok(), 1, OptionalLong.of(at("2024-05-06T00:00:00Z"))));
    states.removed(JOB);
    assertThat(directory.resolve("jobstates")).isEmptyDirectory();
    states.removed(JOB);
  }
}
