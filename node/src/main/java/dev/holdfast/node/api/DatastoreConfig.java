package dev.holdfast.node.api;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.verify.ChunkOrder;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
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
  private static final String MAINTENANCE = "maintenance-mode";

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
                  MAINTENANCE,
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
    file.sections().forEach(section -> of(section).requireReadable());
    return file;
  }

  /** Throws INVALID_INPUT when a property that counts here cannot be read. */
  void requireReadable() {
    var unused =
        List.of(
            tuning(),
            verifyNew(),
            collectionSchedule(),
            Optional.ofNullable(maintenance()),
            UserMail.of(properties));
  }

  /** The same with a schedule of garbage collection. */
  public DatastoreConfig withCollection(String schedule) {
    return with("gc-schedule", schedule);
  }

  DatastoreConfig withMaintenance(String mode) {
    return with(MAINTENANCE, mode);
  }

  DatastoreConfig withoutMaintenance() {
    SortedMap<String, String> changed = new TreeMap<>(properties);
    changed.remove(MAINTENANCE);
    return new DatastoreConfig(name, changed);
  }

  private DatastoreConfig with(String key, String value) {
    SortedMap<String, String> changed = new TreeMap<>(properties);
    changed.put(key, value);
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

  /** When what is written becomes durable; {@code filesystem} by default. */
  public SyncLevel syncLevel() {
    return tuning().syncLevel();
  }

  /**
   * How garbage is collected (spec/engine.md §11).
   *
   * @param cutoff see {@link GcOptions}
   */
  public record Collection(Duration cutoff, boolean checkAccessTimes) {}

  /** INVALID_INPUT when it cannot be read. */
  public Collection collection() {
    StoreTuning tuning = tuning();
    return new Collection(tuning.cutoff(), tuning.checkAccessTimes());
  }

  /** Of verifications, by the {@code tuning} property string. */
  public ChunkOrder chunkOrder() {
    return tuning().chunkOrder();
  }

  /** Whether each backup is verified as soon as it is finished. */
  public boolean verifyNew() {
    String value = properties.get("verify-new");
    return value != null && SectionValues.bool(value);
  }

  /** Whom the ends of its jobs are mailed to; empty = they go to the matchers. */
  public Optional<UserMail> userMail() {
    return UserMail.MODE.equals(properties.get("notification-mode"))
        ? Optional.of(UserMail.of(properties))
        : Optional.empty();
  }

  /** When garbage is collected; empty = only when somebody asks. */
  public Optional<CalendarEvent> collectionSchedule() {
    return Optional.ofNullable(properties.get("gc-schedule")).map(CalendarEvent::parse);
  }

  /** Null when the store works as usual. */
  @Nullable MaintenanceMode maintenance() {
    String text = maintenanceText();
    return text == null ? null : MaintenanceMode.parse(text);
  }

  /** As the file has it. */
  @Nullable String maintenanceText() {
    return properties.get(MAINTENANCE);
  }

  private StoreTuning tuning() {
    return StoreTuning.parse(properties.getOrDefault("tuning", ""));
  }

  // ---- what single properties allow ----

  public static Param tuningParam() {
    return Param.grammar("tuning", 0, 1024, StoreTuning.GRAMMAR, StoreTuning::parse);
  }

  public static Param maintenanceParam() {
    return Param.grammar(MAINTENANCE, 0, 256, MaintenanceMode.GRAMMAR, MaintenanceMode::parse);
  }

  public static Param notifyParam() {
    return Param.grammar("notify", 0, 256, UserMail.GRAMMAR, UserMail::requireWhen);
  }
}
