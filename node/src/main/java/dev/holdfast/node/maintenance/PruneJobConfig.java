package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.meshconfig.PruneConfig;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.job.JobProperties;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A prune job as {@code prune.cfg} and the API have it (spec/rest-api.md §6.10). */
public record PruneJobConfig(JobProperties values) implements StoreJobConfig {
  private static final String TYPE = "prune";
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of(
                  "store",
                  "schedule",
                  "ns",
                  "max-depth",
                  "keep-last",
                  "keep-hourly",
                  "keep-daily",
                  "keep-weekly",
                  "keep-monthly",
                  "keep-yearly",
                  "disable",
                  "comment"),
              Set.of("store", "schedule"),
              Set.of()));

  /** Throws INVALID_INPUT for a value that cannot be. */
  public PruneJobConfig(JobProperties values) {
    this.values = values;
    var unused =
        List.of(values.required("schedule"), store(), schedule(), order(false), isDisabled());
  }

  /** As the other. */
  public PruneJobConfig(String id, SortedMap<String, List<String>> properties) {
    this(new JobProperties("prune", id, properties));
  }

  public static SectionConfig parseFile(String text) {
    SectionConfig file = SectionConfig.parse(text, SCHEMAS);
    file.sections().forEach(PruneJobConfig::of);
    return file;
  }

  public static PruneJobConfig of(Section section) {
    return new PruneJobConfig(section.id(), section.properties());
  }

  /** A job of mesh.yaml in the same words. */
  public static PruneJobConfig declared(String id, DatastoreName store, PruneConfig prune) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    map.put("store", List.of(store.text()));
    map.put("schedule", List.of(prune.schedule().toString()));
    Namespace namespace = prune.namespace();
    if (!namespace.isRoot()) {
      map.put("ns", List.of(namespace.toString()));
    }
    // "All" is more levels than there can be below a namespace that is not the root.
    if (namespace.depth() + prune.maxDepth() <= Namespace.DEPTH_MAX
        && prune.maxDepth() != Namespace.DEPTH_MAX) {
      map.put("max-depth", List.of(Integer.toString(prune.maxDepth())));
    }
    PruneConfig.Keep keep = prune.keep();
    Map<Period, Integer> counts =
        Map.of(
            Period.LAST, keep.last(),
            Period.HOURLY, keep.hourly(),
            Period.DAILY, keep.daily(),
            Period.WEEKLY, keep.weekly(),
            Period.MONTHLY, keep.monthly(),
            Period.YEARLY, keep.yearly());
    counts.forEach(
        (period, count) -> {
          if (count > 0) {
            map.put(period.option(), List.of(Integer.toString(count)));
          }
        });
    return new PruneJobConfig(id, map);
  }

  @Override
  public Section section() {
    return new Section(TYPE, id(), properties());
  }

  /** Its schedule does not count. */
  public boolean isDisabled() {
    return values.flag("disable", false);
  }

  private KeepRules rules() {
    Map<Period, Long> counts = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      values.number(period.option()).ifPresent(count -> counts.put(period, count));
    }
    return new KeepRules(counts);
  }

  /** What a run does. */
  public Pruning.Order order(boolean dryRun) {
    return new Pruning.Order(store(), namespace(), maxDepth(), rules(), dryRun);
  }
}
