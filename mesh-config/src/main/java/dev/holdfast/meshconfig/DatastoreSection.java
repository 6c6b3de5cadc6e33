package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads one value of {@code datastores:}. */
final class DatastoreSection {
  static final List<String> KEYS = List.of("path", "gc", "verify", "prune", "hold");
  static final List<String> VERIFY_KEYS = List.of("schedule", "reverify-after");
  static final List<String> PRUNE_KEYS = List.of("namespace", "schedule", "keep", "max-depth");
  static final List<String> HOLD_KEYS = List.of("namespace", "for");
  static final List<String> KEEP_KEYS =
      List.of("last", "hourly", "daily", "weekly", "monthly", "yearly");
  static final String SCHEDULE = "a calendar expression like 'sat 18:15' or '*:0/30'";
  private static final String REVERIFY_SPAN = "a time span like '30d', of a day or more";
  private static final String PRUNE_LIST = "a list of { namespace, schedule, keep }";
  private static final String HOLD_LIST = "a time span like '30d', or a list of { namespace, for }";
  private static final String HOLD_SPAN = "a time span like '30d', of a second or more";

  private DatastoreSection() {}

  static Optional<DatastoreConfig> read(DatastoreName name, Field field) {
    Optional<Fields> fields = field.map(KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Fields map = fields.get();
    Optional<Path> path =
        map.require("path", "the absolute path of a directory")
            .flatMap(f -> f.parsed("the absolute path of a directory", Values::absolutePath));
    Optional<CalendarEvent> gc = map.get("gc").flatMap(DatastoreSection::schedule);
    Optional<VerifyConfig> verify = map.get("verify").flatMap(DatastoreSection::verify);
    List<PruneConfig> prune = map.get("prune").map(DatastoreSection::prunes).orElse(List.of());
    Holds holds = map.get("hold").map(DatastoreSection::holds).orElse(Holds.NONE);
    return path.map(p -> new DatastoreConfig(name, p, gc, verify, prune, holds));
  }

  static Optional<CalendarEvent> schedule(Field field) {
    return field.parsed(SCHEDULE, CalendarEvent::parse);
  }

  // verify: "sun 03:00" is short for verify: { schedule: "sun 03:00" }
  private static Optional<VerifyConfig> verify(Field field) {
    if (!field.isMap()) {
      return schedule(field).map(s -> new VerifyConfig(s, Optional.empty()));
    }
    return field
        .map(VERIFY_KEYS)
        .flatMap(
            map -> {
              Optional<TimeSpan> reverifyAfter =
                  map.get("reverify-after").flatMap(DatastoreSection::reverifySpan);
              return map.require("schedule", SCHEDULE)
                  .flatMap(DatastoreSection::schedule)
                  .map(schedule -> new VerifyConfig(schedule, reverifyAfter));
            });
  }

  private static Optional<TimeSpan> reverifySpan(Field field) {
    Optional<TimeSpan> span = field.parsed(REVERIFY_SPAN, TimeSpan::parse);
    return span.isPresent() && span.get().duration().compareTo(Duration.ofDays(1)) < 0
        ? field.fail(REVERIFY_SPAN, "Ages are counted in whole days.")
        : span;
  }

  private static List<PruneConfig> prunes(Field field) {
    List<PruneConfig> all = new ArrayList<>();
    Map<Namespace, Origin> seen = new HashMap<>();
    for (Field item : field.list(PRUNE_LIST).orElse(List.of())) {
      prune(item)
          .ifPresent(
              prune -> {
                requireFirst(prune.namespace(), item, seen);
                all.add(prune);
              });
    }
    return all;
  }

  private static void requireFirst(Namespace namespace, Field item, Map<Namespace, Origin> seen) {
    Origin before = seen.putIfAbsent(namespace, item.origin());
    if (before != null) {
      item.problems()
          .add(
              item.origin(),
              item.path(),
              "namespace '" + namespace + "' a second time",
              "one entry per namespace",
              "The first is in line " + before.line() + ".");
    }
  }

  // hold: 30d is short for hold: [ { for: 30d } ]
  private static Holds holds(Field field) {
    Map<Namespace, Duration> all = new HashMap<>();
    Map<Namespace, Origin> seen = new HashMap<>();
    if (field.isText()) {
      holdSpan(field).ifPresent(span -> all.put(Namespace.ROOT, span));
      return new Holds(all);
    }
    for (Field item : field.list(HOLD_LIST).orElse(List.of())) {
      item.map(HOLD_KEYS)
          .ifPresent(
              map -> {
                Namespace namespace = namespace(map);
                map.require("for", HOLD_SPAN)
                    .flatMap(DatastoreSection::holdSpan)
                    .ifPresent(span -> all.put(namespace, span));
                requireFirst(namespace, item, seen);
              });
    }
    return new Holds(all);
  }

  private static Optional<Duration> holdSpan(Field field) {
    Optional<Duration> span = field.parsed(HOLD_SPAN, TimeSpan::parse).map(TimeSpan::duration);
    return span.isPresent() && span.get().compareTo(Holds.SHORTEST) < 0
        ? field.fail(HOLD_SPAN, "")
        : span;
  }

  private static Namespace namespace(Fields map) {
    return map.get("namespace")
        .flatMap(f -> f.parsed("a namespace like 'a/b'", Namespace::parse))
        .orElse(Namespace.ROOT);
  }

  private static Optional<PruneConfig> prune(Field item) {
    Optional<Fields> fields = item.map(PRUNE_KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Fields map = fields.get();
    Namespace namespace = namespace(map);
    int maxDepth =
        map.get("max-depth")
            .map(f -> SyncSection.maxDepth(f, namespace))
            .orElse(SyncRules.FULL_DEPTH);
    Optional<CalendarEvent> schedule =
        map.require("schedule", SCHEDULE).flatMap(DatastoreSection::schedule);
    Optional<PruneConfig.Keep> keep =
        map.require("keep", "at least one of " + String.join(", ", KEEP_KEYS))
            .flatMap(DatastoreSection::keep);
    if (schedule.isEmpty() || keep.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new PruneConfig(namespace, schedule.get(), keep.get(), maxDepth));
  }

  private static Optional<PruneConfig.Keep> keep(Field field) {
    Optional<Fields> fields = field.map(KEEP_KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Fields map = fields.get();
    if (map.all().isEmpty()) {
      return field.fail("at least one of " + String.join(", ", KEEP_KEYS), "");
    }
    return Optional.of(
        new PruneConfig.Keep(
            count(map, "last"),
            count(map, "hourly"),
            count(map, "daily"),
            count(map, "weekly"),
            count(map, "monthly"),
            count(map, "yearly")));
  }

  private static int count(Fields map, String key) {
    return map.get(key)
        .map(f -> f.integer(1, PruneConfig.Keep.COUNT_MAX))
        .orElse(OptionalInt.empty())
        .orElse(0);
  }
}
