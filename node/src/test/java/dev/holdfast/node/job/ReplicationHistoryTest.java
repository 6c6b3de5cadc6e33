package dev.holdfast.node.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.job.ReplicationHistory.Entry;
import dev.holdfast.node.job.ReplicationHistory.Origin;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** At stake: a node that runs for years keeps its memory, and tells no nonsense about lag. */
final class ReplicationHistoryTest {
  private static final DatastoreName MAIN = new DatastoreName("main");
  private static final GroupId WEB = GroupId.parse("host/web");

  private final ReplicationHistory history = new ReplicationHistory();

  private static Entry entry(long time, OptionalLong finishedAtMillis, long restorableAtMillis) {
    return new Entry(
        "copy",
        MAIN,
        Namespace.ROOT,
        WEB.at(time),
        Reason.NEW,
        finishedAtMillis,
        restorableAtMillis,
        10,
        1000);
  }

  private static Origin origin(long time) {
    return new Origin("lyon", MAIN, Namespace.ROOT, WEB.at(time));
  }

  @Test
  void lagIsFromTheEndOfTheBackupToTheEndOfTheCopy() {
    assertThat(entry(1, OptionalLong.of(5000), 7500).lagMillis()).hasValue(2500);
  }

  @Test
  void clockThatIsAheadMakesNoNegativeLag() {
    assertThat(entry(1, OptionalLong.of(9000), 7500).lagMillis()).hasValue(0);
  }

  @Test
  void missedEventLeavesTheLagUnknown() {
    assertThat(history.finishedAt(origin(1))).isEmpty();
    assertThat(entry(1, OptionalLong.empty(), 7500).lagMillis()).isEmpty();
  }

  @Test
  void oldestEntriesGoFirst() {
    for (int i = 0; i < ReplicationHistory.ENTRIES_MAX + 3; i++) {
      history.add(entry(i + 1, OptionalLong.empty(), i));
    }
    assertThat(history.entries(e -> true)).hasSize(ReplicationHistory.ENTRIES_MAX);
    assertThat(history.entries(e -> true).getFirst().restorableAtMillis()).isEqualTo(3);
    assertThat(history.entries(e -> e.restorableAtMillis() > 10_000)).hasSize(2);
  }

  @Test
  void oldestEventsGoFirst() {
    for (int i = 0; i < ReplicationHistory.ENTRIES_MAX + 1; i++) {
      history.finished(origin(i + 1), i);
    }
    assertThat(history.finishedAt(origin(1))).isEmpty();
    assertThat(history.finishedAt(origin(2))).hasValue(1);
    assertThat(history.finishedAt(origin(ReplicationHistory.ENTRIES_MAX + 1))).isNotEmpty();
  }
}
