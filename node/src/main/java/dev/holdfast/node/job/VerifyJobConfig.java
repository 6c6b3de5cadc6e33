package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.VerifyConfig;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A verify job as {@code verification.cfg} and the API have it (spec/rest-api.md §6.10). */
public final class VerifyJobConfig implements StoreJobConfig {
  /** As in the API of real servers (spec/engine.md §4.2). */
  public static final int THREADS_MAX = 32;

  private static final String TYPE = "verification";
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of(
                  "store",
                  "schedule",
                  "ns",
                  "max-depth",
                  "ignore-verified",
                  "outdated-after",
                  "read-threads",
                  "verify-threads",
                  "comment"),
              Set.of("store"),
              Set.of()));

  private final JobProperties values;

  /** Throws INVALID_INPUT for a value that cannot be. */
  public VerifyJobConfig(String id, SortedMap<String, List<String>> properties) {
    values = new JobProperties("verify", id, properties);
    requireMeaning();
  }

  private void requireMeaning() {
    var unused =
        List.of(
            store(),
            schedule(),
            maxDepth(),
            ignoreVerified(),
            outdatedAfterDays(),
            threads("read-threads"),
            threads("verify-threads"));
  }

  public static SectionConfig parseFile(String text) {
    SectionConfig file = SectionConfig.parse(text, SCHEMAS);
    file.sections().forEach(VerifyJobConfig::of);
    return file;
  }

  public static VerifyJobConfig of(Section section) {
    return new VerifyJobConfig(section.id(), section.properties());
  }

  /** A job of mesh.yaml in the same words. */
  public static VerifyJobConfig declared(String id, DatastoreName store, VerifyConfig verify) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    map.put("store", List.of(store.text()));
    map.put("schedule", List.of(verify.schedule().toString()));
    verify
        .reverifyAfter()
        .ifPresent(
            age -> map.put("outdated-after", List.of(Long.toString(age.duration().toDays()))));
    return new VerifyJobConfig(id, map);
  }

  @Override
  public String id() {
    return values.id();
  }

  @Override
  public SortedMap<String, List<String>> properties() {
    return values.all();
  }

  @Override
  public Section section() {
    return new Section(TYPE, id(), properties());
  }

  @Override
  public DatastoreName store() {
    return new DatastoreName(values.required("store"));
  }

  @Override
  public Namespace namespace() {
    return values.namespace("ns");
  }

  @Override
  public Optional<CalendarEvent> schedule() {
    return values.schedule();
  }

  /** Levels below the namespace; absent = all. */
  public OptionalInt maxDepth() {
    return values.maxDepth(namespace());
  }

  /** Whether a snapshot that has a result, good or bad, is left out. */
  public boolean ignoreVerified() {
    return values.flag("ignore-verified", true);
  }

  /** How old a result may be; absent = any age. */
  public OptionalLong outdatedAfterDays() {
    OptionalLong days = values.number("outdated-after");
    if (days.isPresent() && days.getAsLong() < 0) {
      throw BackupException.invalid(
          "outdated-after is " + days.getAsLong() + ", expected a number of days");
    }
    return days;
  }

  public OptionalInt readThreads() {
    return threads("read-threads");
  }

  public OptionalInt verifyThreads() {
    return threads("verify-threads");
  }

  private OptionalInt threads(String key) {
    OptionalLong count = values.number(key);
    if (count.isPresent() && (count.getAsLong() < 1 || count.getAsLong() > THREADS_MAX)) {
      throw BackupException.invalid(
          key + " is " + count.getAsLong() + ", expected 1 to " + THREADS_MAX);
    }
    return count.isPresent() ? OptionalInt.of((int) count.getAsLong()) : OptionalInt.empty();
  }
}
