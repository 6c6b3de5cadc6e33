package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.ArchiveName;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What to back up under which name: {@code NAME.pxar:DIRECTORY}, {@code NAME.img:FILE-OR-DEVICE},
 * {@code NAME.conf:FILE} or {@code NAME.log:FILE} (spec/protocols.md §1.5).
 */
record BackupSource(String name, Kind kind, Path path) {
  enum Kind {
    DIRECTORY(".didx"),
    IMAGE(".fidx"),
    FILE(".blob");

    private final String suffix;

    Kind(String suffix) {
      this.suffix = suffix;
    }

    /** As names end; INVALID_INPUT for any other. */
    static Kind of(String name) {
      return switch (name.substring(name.lastIndexOf('.') + 1)) {
        case "pxar" -> DIRECTORY;
        case "img" -> IMAGE;
        case "conf", "log" -> FILE;
        default ->
            throw BackupException.invalid(
                "unknown archive '"
                    + name
                    + "': expected a name that ends in .pxar, .img, .conf or"
                    + " .log");
      };
    }
  }

  private static final Pattern GRAMMAR =
      Pattern.compile("([a-zA-Z0-9_\\-]+\\.(?:pxar|img|conf|log)):(.+)");

  static BackupSource parse(String text) {
    Matcher matcher = GRAMMAR.matcher(text);
    if (!matcher.matches()) {
      throw BackupException.invalid(
          "'"
              + text
              + "' is no source: expected NAME.pxar:DIRECTORY, NAME.img:FILE, NAME.conf:FILE"
              + " or NAME.log:FILE");
    }
    String name = matcher.group(1);
    return new BackupSource(name, Kind.of(name), Path.of(matcher.group(2)));
  }

  ArchiveName archive() {
    return archive(name);
  }

  /**
   * How the node calls an archive: {@code root.pxar} is {@code root.pxar.didx} there. Also those
   * that no source has (spec/formats.md §8.1).
   */
  static ArchiveName archive(String name) {
    for (Kind kind : Kind.values()) {
      if (name.endsWith(kind.suffix)) {
        return new ArchiveName(name);
      }
    }
    return new ArchiveName(
        name
            + switch (name.substring(name.lastIndexOf('.') + 1)) {
              case "mpxar", "ppxar", "pcat1" -> Kind.DIRECTORY.suffix;
              case "json", "key" -> Kind.FILE.suffix;
              default -> Kind.of(name).suffix;
            });
  }
}
