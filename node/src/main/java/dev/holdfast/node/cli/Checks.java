package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.SafeId;
import dev.holdfast.node.task.Upid;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Arguments that stay text, looked at before a node is asked: it would refuse them in the words of
 * its API, which do not say what is allowed.
 */
final class Checks {
  private Checks() {}

  /** A name of so many characters. */
  private abstract static class Name implements ITypeConverter<String> {
    private final int lengthMin;
    private final int lengthMax;

    Name(int lengthMin, int lengthMax) {
      this.lengthMin = lengthMin;
      this.lengthMax = lengthMax;
    }

    @Override
    public String convert(String text) {
      if (!SafeId.isSafe(text) || text.length() < lengthMin || text.length() > lengthMax) {
        throw refused(
            text,
            "a name of "
                + lengthMin
                + " to "
                + lengthMax
                + " letters, digits, '_', '.', '-', not starting with '.' or '-'");
      }
      return text;
    }
  }

  /** Of a prune or verify job. */
  static final class JobName extends Name {
    JobName() {
      super(3, 128);
    }
  }

  /** Of a sync job, which may be one of mesh.yaml. */
  static final class SyncName extends Name {
    SyncName() {
      super(1, 128);
    }
  }

  /** Of a target of notifications. */
  static final class TargetName extends Name {
    TargetName() {
      super(2, 64);
    }
  }

  /** Of a metric server. */
  static final class ServerName extends Name {
    ServerName() {
      super(3, 32);
    }
  }

  /** An id of a task, as it is written. */
  static final class TaskId implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      try {
        var unused = Upid.parse(text);
      } catch (BackupException e) {
        throw refused(text, "an id as `task list` shows it, UPID:…:");
      }
      return text;
    }
  }

  /** Where a server is that is spoken to by HTTP. */
  static final class HttpUrl implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!text.matches("https?://\\S+")) {
        throw refused(text, "http://HOST[:PORT] or https://HOST[:PORT]");
      }
      return text;
    }
  }

  /** Where a server is that listens for datagrams. */
  static final class HostWithPort implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!text.matches("\\S+:[0-9]+")) {
        throw refused(text, "HOST:PORT");
      }
      return text;
    }
  }

  /** As picocli's own, but it says what is allowed. */
  static Boolean flag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw refused(text, "true or false");
    };
  }

  static Integer wholeNumber(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw refused(text, "a whole number of at most " + Integer.MAX_VALUE);
    }
  }

  static Long longNumber(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      throw refused(text, "a whole number of at most " + Long.MAX_VALUE);
    }
  }

  /** What {@code --delete} names can be taken away. */
  static void requireDeletable(@Nullable List<String> names, List<String> allowed) {
    for (String name : names == null ? List.<String>of() : names) {
      if (!allowed.contains(name)) {
        throw new UsageException(
            "found '" + name + "' for --delete, expected one of " + String.join(", ", allowed),
            null);
      }
    }
  }

  private static TypeConversionException refused(String found, String expected) {
    return new TypeConversionException("found '" + found + "', expected " + expected);
  }
}
