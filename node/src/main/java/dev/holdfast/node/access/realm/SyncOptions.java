package dev.holdfast.node.access.realm;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.SectionValues;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a sync of a directory's users does (spec/formats.md §10.7):
 *
 * <pre>
 * text := option ("," option)*
 * option := "remove-vanished=" QUOTE? what (";" what)* QUOTE? | "enable-new=" bool
 * what := "acl" | "entry" | "properties"
 * </pre>
 *
 * @param remove what of it goes here when it has gone there
 * @param enableNew whether new users may log in at once
 */
public record SyncOptions(Set<Vanished> remove, boolean enableNew) {
  /** What may vanish: a user's rights, the user, a property of his. */
  public enum Vanished {
    ACL,
    ENTRY,
    PROPERTIES
  }

  private static final Pattern OPTION =
      Pattern.compile("(remove-vanished|enable-new)=(?:\"([^\"]*)\"|([^,\"]*))");

  public SyncOptions {
    remove = remove.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(remove));
  }

  public static SyncOptions parse(String text) {
    SyncOptions options = new SyncOptions(Set.of(), true);
    Matcher found = OPTION.matcher(text);
    int end = 0;
    while (end < text.length() && found.find(end) && found.start() == end) {
      String value = found.group(2) == null ? found.group(3) : found.group(2);
      options =
          found.group(1).equals("enable-new")
              ? options.enablingNew(SectionValues.bool(value))
              : options.removing(value);
      end = found.end() + (found.end() < text.length() && text.charAt(found.end()) == ',' ? 1 : 0);
    }
    if (end < text.length()) {
      throw BackupException.invalid(
          "sync options: found '"
              + text.substring(end)
              + "', expected remove-vanished=… or enable-new=…");
    }
    return options;
  }

  /**
   * @param text the words of {@code remove-vanished}
   */
  public SyncOptions removing(String text) {
    Set<Vanished> remove = EnumSet.noneOf(Vanished.class);
    Stream.of(text.split("[;\\s]+", -1))
        .filter(word -> !word.isEmpty())
        .map(SyncOptions::vanished)
        .forEach(remove::add);
    return new SyncOptions(remove, enableNew);
  }

  public SyncOptions enablingNew(boolean wanted) {
    return new SyncOptions(remove, wanted);
  }

  private static Vanished vanished(String word) {
    for (Vanished each : Vanished.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(word)) {
        return each;
      }
    }
    throw BackupException.invalid(
        "remove-vanished: found '" + word + "', expected acl, entry or properties");
  }
}
