package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.node.cli.Table.Align;
import dev.holdfast.node.cli.Table.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

/** At stake: listings line up, whatever a node answers. */
final class TableTest {
  private static Table table() {
    return new Table(List.of(new Column("name", Align.LEFT), new Column("size", Align.RIGHT)));
  }

  @Test
  void cellsAreAlignedBetweenBorders() {
    Table table = table();
    table.add(List.of("a", "1 B"));
    table.add(List.of("longer", "12.5 MiB"));
    assertThat(table.render())
        .isEqualTo(
            """
            ┌────────┬──────────┐
            │ name   │     size │
            ╞════════╪══════════╡
            │ a      │      1 B │
            ├────────┼──────────┤
            │ longer │ 12.5 MiB │
            └────────┴──────────┘
            """);
  }

  @Test
  void withoutRowsOnlyTheHeaderIsThere() {
    assertThat(table().render())
        .isEqualTo(
            """
            ┌──────┬──────┐
            │ name │ size │
            ╞══════╪══════╡
            └──────┴──────┘
            """);
  }

  @Test
  void cellsOfSeveralLinesGrowTheirRow() {
    Table table = table();
    table.add(List.of("a\nbb", "1"));
    assertThat(table.render()).contains("│ a    │    1 │\n│ bb   │      │\n");
  }

  @Test
  void controlCharactersDoNotReachTheTerminal() {
    Table table = table();
    table.add(List.of("\u001b[2Jx\r\u0007", "1"));
    assertThat(table.render()).doesNotContain("\u001b", "\r", "\u0007").contains(".[2Jx..");
  }

  @Test
  void charactersBeyondTheBasicPlaneCountOnce() {
    Table table = table();
    table.add(List.of("😀", "1"));
    assertThat(table.render()).contains("│ 😀    │");
  }

  @Test
  void rowOfAnotherLengthIsADefect() {
    assertThatThrownBy(() -> table().add(List.of("a"))).hasMessage("1 cells for 2 columns");
  }
}
