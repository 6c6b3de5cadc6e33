package dev.holdfast.node.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: what works in the background steps back for clients, and for nobody else. */
final class ServedClientsTest {
  @TempDir Path directory = Path.of("");

  @ParameterizedTest
  @CsvSource({"backup, true", "reader, true", "prune, false", "verify, false"})
  void clientsAreServedWhileASessionIsOpen(String workerType, boolean served) {
    TaskRegistry tasks = TaskRegistry.open(new LocalFiles(), directory, Clock.systemUTC(), "here");
    WorkerTask verification = tasks.start("verificationjob", "nightly", AuthId.ROOT);
    assertThat(verification.clientsAreServed()).isFalse();
    WorkerTask other = tasks.start(workerType, "main", AuthId.ROOT);
    assertThat(verification.clientsAreServed()).isEqualTo(served);
    other.finish(null);
    assertThat(verification.clientsAreServed()).isFalse();
  }
}
