package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.verify.VerifyRules;
import dev.holdfast.meshconfig.VerifyConfig;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.job.JobProperties;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A verify job as {@code verification.cfg} and the API have it (spec/rest-api.md §6.10). */
public record VerifyJobConfig(JobProperties values) implements StoreJobConfig {
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

  /** Throws INVALID_INPUT for a value that cannot be. */
  public VerifyJobConfig(JobProperties values) {
    this.values = values;
    var unused = List.of(schedule(), order(), threads("read-threads"));
  }

  /** As the other. */
  public VerifyJobConfig(String id, SortedMap<String, List<String>> properties) {
    this(new JobProperties("verify", id, properties));
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
  public Section section() {
    return new Section(TYPE, id(), properties());
  }

  /** Which snapshots it is for. */
  VerifyRules rules() {
    return new VerifyRules(values.flag("ignore-verified", true), values.number("outdated-after"));
  }

  OptionalInt verifyThreads() {
    return threads("verify-threads");
  }

  private OptionalInt threads(String key) {
    OptionalLong count = values.number(key);
    if (count.isPresent() && (count.getAsLong() < 1 || count.getAsLong() > THREADS_MAX)) {
      throw BackupException.invalid(
          key + " is " + count.getAsLong() + ", expected 1 to " + THREADS_MAX);
    }
    return values.count(key);
  }

  /** What a run does. */
  Verifying.Order order() {
    return new Verifying.Order(
        store(), namespace(), null, null, maxDepth(), rules(), verifyThreads());
  }
}
