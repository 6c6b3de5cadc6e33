package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** At stake: a real server's file survives a change of one of its options. */
final class NodeConfigTest {
  private static final String FILE = "#first line\n#second\nemail-from: a@example.org\n";

  @Test
  void fileReadsBackAsItWasWritten() {
    assertThat(NodeConfig.parse(FILE).format()).isEqualTo(FILE);
    assertThat(NodeConfig.parse(FILE).description()).isEqualTo("first line\nsecond");
  }

  @Test
  void optionIsSetAndTakenAwayAndOthersStay() {
    NodeConfig set = NodeConfig.parse(FILE).with("location", " room 2 ");
    assertThat(set.format()).isEqualTo(FILE + "location: room 2\n");
    assertThat(set.with("location", "").format()).isEqualTo(FILE);
    assertThat(set.withDescription("").format())
        .isEqualTo("email-from: a@example.org\nlocation: room 2\n");
  }

  @Test
  void lineThatIsNoOptionIsRefused() {
    assertThatThrownBy(() -> NodeConfig.parse("nonsense\n")).hasMessageContaining("KEY: VALUE");
  }
}
