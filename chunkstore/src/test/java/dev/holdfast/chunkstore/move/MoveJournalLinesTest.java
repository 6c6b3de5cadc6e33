package dev.holdfast.chunkstore.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: what a journal says is understood by the node that comes after the one that wrote. */
class MoveJournalLinesTest {
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final String HEADER =
      """
      {"version":1,"began":1700000000,"store":"main","from":"a","to":"b","merge":true,\
      "max-depth":7,"remove-source":true}
      """;
  private static final String LINES =
      """
      {"made":"b"}
      {"group":"host/web","from":"a","to":"b","notes":"my \\"web\\"","snapshots":[1700000000]}
      {"removed":"a"}
      {"state":"done"}
      """;

  @Test
  void writesWhatItReads() {
    MoveJournal.Content content = MoveJournalLines.parse("name", HEADER + LINES);

    assertThat(content.request())
        .isEqualTo(
            new MoveRequest.OfNamespace(Namespace.parse("a"), Namespace.parse("b"), 7, true, true));
    assertThat(content.state()).isEqualTo(MoveState.DONE);
    assertThat(content.entries())
        .contains(
            new MoveEntry.Group(
                Namespace.parse("a"),
                GROUP,
                Namespace.parse("b"),
                "my \"web\"",
                List.of(GROUP.at(1_700_000_000))));
    StringBuilder again =
        new StringBuilder(
            MoveJournalLines.header(
                content.request(),
                new DatastoreName("main"),
                Instant.ofEpochSecond(1_700_000_000)));
    content.entries().forEach(entry -> again.append(MoveJournalLines.line(entry)));
    assertThat(again.toString()).isEqualTo(HEADER + LINES);
  }

  @Test
  void passesOverALastLineThatWasTornOff() {
    for (int cut = 1; cut <= "{\"state\":\"done\"}\n".length(); cut++) {
      String torn = (HEADER + LINES).substring(0, (HEADER + LINES).length() - cut);

      assertThat(MoveJournalLines.parse("name", torn).state()).isEqualTo(MoveState.MOVING);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"made\":7}|line 2: expected a text 'made'",
        "{\"state\":\"lost\"}|line 2: found state 'lost'",
        "{\"group\":\"host\",\"from\":\"\",\"to\":\"\"}|line 2: invalid",
        "{\"made\":\"../x\"}|line 2: invalid",
        "[|line 2: "
      })
  void saysWhichLineItCannotRead(String line, String expected) {
    assertThatThrownBy(() -> MoveJournalLines.parse("name", HEADER + line + "\n"))
        .hasMessageContaining(expected)
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA));
  }

  @Test
  void refusesAVersionOfTheFuture() {
    assertThatThrownBy(
            () -> MoveJournalLines.parse("name", HEADER.replace("\"version\":1", "\"version\":2")))
        .hasMessageContaining("line 1: found version 2, expected 1");
    assertThatThrownBy(() -> MoveJournalLines.parse("name", ""))
        .hasMessageContaining("line 1: found no line");
  }
}
