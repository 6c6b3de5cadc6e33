package dev.holdfast.node.api;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.verify.ChunkOrder;
import dev.holdfast.node.access.PropertyString;
import dev.holdfast.node.access.SectionValues;
import dev.holdfast.node.maintenance.VerifyJobConfig;
import java.time.Duration;
import java.util.Set;
import java.util.SortedMap;

/**
 * How a datastore works inside: its property string {@code tuning} (spec/engine.md §11). All of it
 * is checked, also what only real servers act on: a datastore may go back to one.
 *
 * @param chunkOrder of verifications
 * @param cutoff see {@link GcOptions}
 * @param checkAccessTimes as there
 */
record StoreTuning(
    ChunkOrder chunkOrder, SyncLevel syncLevel, Duration cutoff, boolean checkAccessTimes) {
  private static final long CUTOFF_MIN = GcOptions.CUTOFF_MIN.toMinutes();
  private static final long CUTOFF_MAX = GcOptions.CUTOFF_MAX.toMinutes();
  private static final long CACHE_MAX = 8_388_608;

  private static final Set<String> KEYS =
      Set.of(
          "chunk-order",
          "sync-level",
          "gc-atime-safety-check",
          "gc-atime-cutoff",
          "gc-cache-capacity",
          "default-verification-readers",
          "default-verification-workers");

  /** What is allowed, for people. */
  static final String GRAMMAR =
      "KEY=VALUE,… of chunk-order (inode or none), sync-level (none, file or filesystem),"
          + " gc-atime-safety-check (true or false), gc-atime-cutoff ("
          + CUTOFF_MIN
          + " to "
          + CUTOFF_MAX
          + " minutes), gc-cache-capacity (0 to "
          + CACHE_MAX
          + "), default-verification-readers and default-verification-workers (1 to "
          + VerifyJobConfig.THREADS_MAX
          + ")";

  /** Throws INVALID_INPUT naming the key; of the empty text all is as usual. */
  static StoreTuning parse(String text) {
    Values values = new Values(PropertyString.parse(text, "", KEYS));
    values.requireNumber("gc-cache-capacity", 0, CACHE_MAX);
    values.requireNumber("default-verification-readers", 1, VerifyJobConfig.THREADS_MAX);
    values.requireNumber("default-verification-workers", 1, VerifyJobConfig.THREADS_MAX);
    return new StoreTuning(
        ChunkOrder.parse(values.text("chunk-order", "inode")),
        SyncLevel.parse(values.text("sync-level", SyncLevel.FILESYSTEM.toString())),
        Duration.ofMinutes(
            values.number(
                "gc-atime-cutoff", CUTOFF_MIN, CUTOFF_MAX, GcOptions.CUTOFF_DEFAULT.toMinutes())),
        values.flag("gc-atime-safety-check", true));
  }

  private record Values(SortedMap<String, String> given) {
    String text(String key, String otherwise) {
      return given.getOrDefault(key, otherwise);
    }

    boolean flag(String key, boolean otherwise) {
      String text = given.get(key);
      try {
        return text == null ? otherwise : SectionValues.bool(text);
      } catch (BackupException e) {
        throw refused(key, "true or false");
      }
    }

    long number(String key, long min, long max, long otherwise) {
      String text = given.get(key);
      if (text == null) {
        return otherwise;
      }
      boolean digits = text.matches("[+-]?[0-9]{1,18}");
      if (!digits || Long.parseLong(text) < min || Long.parseLong(text) > max) {
        throw refused(key, "a whole number from " + min + " to " + max);
      }
      return Long.parseLong(text);
    }

    void requireNumber(String key, long min, long max) {
      var unused = number(key, min, max, min);
    }

    private BackupException refused(String key, String expected) {
      return BackupException.invalid(key + " is '" + given.get(key) + "', expected " + expected);
    }
  }
}
