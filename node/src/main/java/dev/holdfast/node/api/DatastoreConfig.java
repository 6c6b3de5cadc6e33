package dev.holdfast.node.api;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A datastore as {@code datastore.cfg} has it (spec/formats.md §10.2).
 *
 * @param properties as in the file, {@code path} included
 */
public record DatastoreConfig(DatastoreName name, SortedMap<String, String> properties) {
  private static final String TYPE = "datastore";
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of(
                  "path",
                  "comment",
                  "gc-schedule",
                  "gc-on-unmount",
                  "prune-schedule",
                  "keep-last",
                  "keep-hourly",
                  "keep-daily",
                  "keep-weekly",
                  "keep-monthly",
                  "keep-yearly",
                  "verify-new",
                  "notify-user",
                  "notify",
                  "notification-mode",
                  "tuning",
                  "maintenance-mode",
                  "backing-device",
                  "backend",
                  "notification-thresholds",
                  "counter-reset-schedule"),
              Set.of("path"),
              Set.of()));

  public DatastoreConfig {
    properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
  }

  /** With defaults for everything else. */
  public static DatastoreConfig of(DatastoreName name, Path path) {
    return new DatastoreConfig(name, new TreeMap<>(Map.of("path", path.toString())));
  }

  static SectionConfig parseFile(String text) {
    SectionConfig file = SectionConfig.parse(text, SCHEMAS);
    file.sections().forEach(section -> of(section).syncLevel());
    return file;
  }

  /** The same with a schedule of garbage collection. */
  public DatastoreConfig withCollection(String schedule) {
    SortedMap<String, String> changed = new TreeMap<>(properties);
    changed.put("gc-schedule", schedule);
    return new DatastoreConfig(name, changed);
  }

  static DatastoreConfig of(Section section) {
    return new DatastoreConfig(new DatastoreName(section.id()), section.single());
  }

  Section section() {
    return Section.of(TYPE, name.text(), properties);
  }

  public Path path() {
    return Path.of(properties.getOrDefault("path", ""));
  }

  public @Nullable String comment() {
    return properties.get("comment");
  }

  /** Of the {@code tuning} property string; {@code filesystem} by default. */
  public SyncLevel syncLevel() {
    String level = propertyOf(properties.getOrDefault("tuning", ""), "sync-level");
    return level == null ? SyncLevel.FILESYSTEM : SyncLevel.parse(level);
  }

  /**
   * How garbage is collected, by the {@code tuning} property string (spec/engine.md §11).
   *
   * @param cutoff see {@link GcOptions}
   */
  public record Collection(Duration cutoff, boolean checkAccessTimes) {}

  /** INVALID_INPUT when it cannot be read. */
  public Collection collection() {
    String tuning = properties.getOrDefault("tuning", "");
    String cutoff = propertyOf(tuning, "gc-atime-cutoff");
    String check = propertyOf(tuning, "gc-atime-safety-check");
    return new Collection(
        cutoff == null
            ? GcOptions.CUTOFF_DEFAULT
            : Duration.ofMinutes(SectionValues.integer(cutoff)),
        check == null || SectionValues.bool(check));
  }

  /** Whether each backup is verified as soon as it is finished. */
  public boolean verifyNew() {
    String value = properties.get("verify-new");
    return value != null && SectionValues.bool(value);
  }

  /** When garbage is collected; empty = only when somebody asks. */
  public Optional<CalendarEvent> collectionSchedule() {
    return Optional.ofNullable(properties.get("gc-schedule")).map(CalendarEvent::parse);
  }

  /** Null when the store works as usual. */
  public @Nullable Maintenance maintenance() {
    String text = properties.get("maintenance-mode");
    if (text == null) {
      return null;
    }
    String type = propertyOf(text, "type");
    String message = propertyOf(text, "message");
    return new Maintenance(
        type == null ? text.split(",", 2)[0] : type, message == null ? "" : message);
  }

  /** How a store in maintenance answers (spec/protocols.md §3.6). */
  public record Maintenance(String type, String message) {
    /** Null when the operation is allowed. */
    @Nullable BackupException refusal(DatastoreName store, boolean writing) {
      if (type.equals("read-only") && !writing) {
        return null;
      }
      return BackupException.invalid(
          type.equals("delete")
              ? "datastore '" + store + "' is being deleted"
              : "datastore '"
                  + store
                  + "' is unavailable: "
                  + type
                  + " maintenance mode: "
                  + message);
    }
  }

  // Values that hold a comma are quoted; the two that are read here never need that.
  private static @Nullable String propertyOf(String propertyString, String key) {
    for (String element : propertyString.split(",", -1)) {
      if (element.strip().startsWith(key + "=")) {
        return element.strip().substring(key.length() + 1).replace("\"", "");
      }
    }
    return null;
  }
}
