package dev.holdfast.node.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * A table with borders, as the Proxmox tools print them. Cells are cut into lines at line ends;
 * control characters, which a server could send to play with the terminal, are shown as dots.
 *
 * <pre>
 * ┌──────────┬──────┐
 * │ snapshot │ size │
 * ╞══════════╪══════╡
 * │ host/a   │  1 B │
 * └──────────┴──────┘
 * </pre>
 */
final class Table {
  enum Align {
    LEFT,
    RIGHT
  }

  record Column(String header, Align align) {}

  private final List<Column> columns;
  private final List<List<String[]>> rows = new ArrayList<>();

  Table(List<Column> columns) {
    this.columns = List.copyOf(columns);
  }

  /** One cell for each column. */
  void add(List<String> cells) {
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(
          cells.size() + " cells for " + columns.size() + " columns");
    }
    rows.add(cells.stream().map(cell -> clean(cell).split("\n", -1)).toList());
  }

  private static String clean(String cell) {
    StringBuilder clean = new StringBuilder(cell.length());
    cell.codePoints()
        .map(c -> c != '\n' && Character.isISOControl(c) ? '.' : c)
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }

  /** The whole table, each line ended. */
  String render() {
    int[] widths = widths();
    StringBuilder text = new StringBuilder();
    rule(text, widths, '┌', '─', '┬', '┐');
    List<String[]> headers =
        columns.stream().map(column -> new String[] {column.header()}).toList();
    row(text, widths, headers);
    rule(text, widths, '╞', '═', '╪', '╡');
    boolean first = true;
    for (List<String[]> row : rows) {
      if (!first) {
        rule(text, widths, '├', '─', '┼', '┤');
      }
      first = false;
      row(text, widths, row);
    }
    rule(text, widths, '└', '─', '┴', '┘');
    return text.toString();
  }

  private int[] widths() {
    int[] widths = columns.stream().mapToInt(column -> width(column.header())).toArray();
    for (List<String[]> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        for (String line : row.get(i)) {
          widths[i] = Math.max(widths[i], width(line));
        }
      }
    }
    return widths;
  }

  private static int width(String line) {
    return line.codePointCount(0, line.length());
  }

  private static void rule(
      StringBuilder text, int[] widths, char left, char line, char cross, char right) {
    text.append(left);
    for (int i = 0; i < widths.length; i++) {
      text.append(i == 0 ? "" : cross).repeat(line, widths[i] + 2);
    }
    text.append(right).append('\n');
  }

  private void row(StringBuilder text, int[] widths, List<String[]> cells) {
    int height = cells.stream().mapToInt(lines -> lines.length).max().orElse(0);
    for (int line = 0; line < height; line++) {
      for (int i = 0; i < widths.length; i++) {
        String[] lines = cells.get(i);
        String part = line < lines.length ? lines[line] : "";
        int padding = widths[i] - width(part);
        boolean right = columns.get(i).align() == Align.RIGHT;
        text.append("│ ").repeat(' ', right ? padding : 0).append(part);
        text.repeat(' ', right ? 1 : padding + 1);
      }
      text.append("│\n");
    }
  }
}
