package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.ArchiveName;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What to back up under which name: {@code NAME.pxar:DIRECTORY}, {@code NAME.img:FILE-OR-DEVICE},
 * {@code NAME.conf:FILE} or {@code NAME.log:FILE} (spec/protocols.md §1.5); and {@code NAME:-},
 * standard input: a stream of any length, such as a dump of a database, becomes chunks that its
 * content cuts, as no index of fixed chunks can begin without knowing its length. Other clients
 * restore it, too, to their standard output.
 */
record BackupSource(String name, Kind kind, Path path) {
  enum Kind {
    DIRECTORY(".didx"),
    IMAGE(".fidx"),
    FILE(".blob"),
    STREAM(".didx");

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

  private static final String STANDARD_INPUT = "-";
  private static final Pattern GRAMMAR =
      Pattern.compile("([a-zA-Z0-9_\\-]+\\.(?:pxar|img|conf|log)):(.+)");
  private static final Pattern STREAM_GRAMMAR =
      Pattern.compile("([a-zA-Z0-9_][a-zA-Z0-9._\\-]*):-");

  static BackupSource parse(String text) {
    Matcher matcher = GRAMMAR.matcher(text);
    if (matcher.matches()) {
      String name = matcher.group(1);
      BackupSource source = new BackupSource(name, Kind.of(name), Path.of(matcher.group(2)));
      if (source.isStandardInput() && source.kind != Kind.FILE) {
        throw BackupException.invalid(
            name
                + (source.kind == Kind.IMAGE
                    ? " cannot come from standard input: the length of an image must be known;"
                        + " call it otherwise, e.g. disk.raw:-"
                    : " cannot come from standard input: it is made of a directory"));
      }
      return source;
    }
    Matcher stream = STREAM_GRAMMAR.matcher(text);
    if (stream.matches()) {
      return new BackupSource(stream.group(1), Kind.STREAM, Path.of(STANDARD_INPUT));
    }
    throw BackupException.invalid(
        "'"
            + text
            + "' is no source: expected NAME.pxar:DIRECTORY, NAME.img:FILE, NAME.conf:FILE,"
            + " NAME.log:FILE or NAME:-");
  }

  boolean isStandardInput() {
    return path.toString().equals(STANDARD_INPUT);
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
              case "pxar", "img", "conf", "log" -> Kind.of(name).suffix;
              case "json", "key" -> Kind.FILE.suffix;
              default -> Kind.STREAM.suffix;
            });
  }
}
