package dev.holdfast.node.adopt;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.ShadowFile;
import dev.holdfast.node.adopt.ImportItem.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Brings entries of one file together with those that are here: what is here stays as it is.
 *
 * @param items one for each entry there
 * @param content of the file here afterwards
 * @param changed whether that differs from now
 */
record ImportedFile(List<ImportItem> items, String content, boolean changed) {
  ImportedFile {
    items = List.copyOf(items);
  }

  /**
   * A file of sections, each of which is looked at alone, so that one that cannot be used does not
   * keep the others out.
   *
   * @param normal parses a file and formats it again; throws INVALID_INPUT
   * @param remark what to know of a section that comes, empty = nothing
   */
  static ImportedFile ofSections(
      String file,
      String there,
      String here,
      UnaryOperator<String> normal,
      UnaryOperator<String> remark) {
    Map<String, String> known = new LinkedHashMap<>();
    sections(here).forEach(section -> known.put(id(section), normal.apply(section)));
    List<ImportItem> items = new ArrayList<>();
    StringBuilder content = new StringBuilder(here);
    for (String section : sections(there)) {
      String id = id(section);
      try {
        String wanted = normal.apply(section);
        String old = known.get(id);
        if (old == null) {
          items.add(new ImportItem(file, id, Outcome.NEW, remark.apply(wanted)));
          content.append(content.isEmpty() ? "" : "\n").append(wanted);
          known.put(id, wanted);
        } else {
          items.add(existing(file, id, old.equals(wanted)));
        }
      } catch (BackupException e) {
        items.add(new ImportItem(file, id, Outcome.LEFT_OUT, e.text()));
      }
    }
    String after = normal.apply(content.toString());
    return new ImportedFile(items, after, !after.equals(here));
  }

  /**
   * A map of secrets.
   *
   * @param there texts by name
   * @param here the same; the result has both
   * @param remark what to know of a secret that comes, empty = nothing
   */
  static ImportedFile ofSecrets(
      String file,
      Map<String, String> there,
      Map<String, String> here,
      UnaryOperator<String> remark) {
    SortedMap<String, String> after = new TreeMap<>(here);
    List<ImportItem> items = new ArrayList<>();
    there.forEach(
        (name, secret) -> {
          String old = here.get(name);
          if (old == null) {
            after.put(name, secret);
            items.add(new ImportItem(file, name, Outcome.NEW, remark.apply(secret)));
          } else {
            items.add(existing(file, name, old.equals(secret)));
          }
        });
    return new ImportedFile(items, ShadowFile.formatPretty(after), !after.equals(here));
  }

  static ImportItem existing(String file, String id, boolean same) {
    return same
        ? new ImportItem(file, id, Outcome.SAME, "")
        : new ImportItem(file, id, Outcome.KEPT, "is here already with other values");
  }

  private static List<String> sections(String text) {
    List<String> sections = new ArrayList<>();
    for (String section : text.split("(?m)^\\s*$\\R?", -1)) {
      if (!section.isBlank()) {
        sections.add(section.endsWith("\n") ? section : section + "\n");
      }
    }
    return sections;
  }

  private static String id(String section) {
    String header = section.lines().findFirst().orElse("");
    return header.substring(header.indexOf(':') + 1).strip();
  }
}
