package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.GroupFilter;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.meshconfig.When;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A sync job as {@code sync.cfg} and the API have it (spec/rest-api.md §6.10), and what it means
 * here. A file of a real server may ask for more than this node can do; such a job is listed, and
 * refuses to run.
 *
 * @param properties as in the file, each with at least one value
 */
public record SyncJobConfig(String id, SortedMap<String, List<String>> properties) {
  private static final String TYPE = "sync";
  private static final Set<String> ARRAYS = Set.of("group-filter", "associated-key");

  /** They change what a run may do, and nothing here does that. */
  private static final List<String> NOT_BUILT =
      List.of(
          "rate-in",
          "burst-in",
          "rate-out",
          "burst-out",
          "resync-corrupt",
          "encrypted-only",
          "verified-only",
          "run-on-mount",
          "active-encryption-key",
          "associated-key");

  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of(
                  "store",
                  "ns",
                  "owner",
                  "remote",
                  "remote-store",
                  "remote-ns",
                  "remove-vanished",
                  "max-depth",
                  "comment",
                  "schedule",
                  "group-filter",
                  "rate-in",
                  "burst-in",
                  "rate-out",
                  "burst-out",
                  "transfer-last",
                  "sync-direction",
                  "resync-corrupt",
                  "encrypted-only",
                  "verified-only",
                  "run-on-mount",
                  "unmount-on-done",
                  "worker-threads",
                  "active-encryption-key",
                  "associated-key"),
              Set.of("store", "remote-store"),
              ARRAYS));

  public SyncJobConfig {
    SortedMap<String, List<String>> copy = new TreeMap<>();
    properties.forEach((key, values) -> copy.put(key, List.copyOf(values)));
    properties = Collections.unmodifiableSortedMap(copy);
  }

  public static SectionConfig parseFile(String text) {
    return SectionConfig.parse(text, SCHEMAS);
  }

  public static SyncJobConfig of(Section section) {
    return new SyncJobConfig(section.id(), section.properties());
  }

  public Section section() {
    return new Section(TYPE, id, properties);
  }

  /** A job of mesh.yaml in the same words. */
  public static SyncJobConfig of(SyncConfig sync) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    map.put("store", List.of(sync.local().store().text()));
    map.put("remote", List.of(sync.remote().peer()));
    map.put("remote-store", List.of(sync.remote().store().text()));
    map.put("remove-vanished", List.of(Boolean.toString(sync.removeVanished())));
    map.put("max-depth", List.of(Integer.toString(sync.maxDepth())));
    if (!sync.local().ns().isRoot()) {
      map.put("ns", List.of(sync.local().ns().toString()));
    }
    if (!sync.remote().ns().isRoot()) {
      map.put("remote-ns", List.of(sync.remote().ns().toString()));
    }
    sync.when().schedule().ifPresent(at -> map.put("schedule", List.of(at.toString())));
    sync.transferLast()
        .ifPresent(last -> map.put("transfer-last", List.of(Integer.toString(last))));
    if (!sync.groupFilters().isEmpty()) {
      map.put("group-filter", sync.groupFilters().stream().map(GroupFilter::toString).toList());
    }
    switch (sync) {
      case SyncConfig.Pull pull -> map.put("owner", List.of(pull.owner().toString()));
      case SyncConfig.Push push -> map.put("sync-direction", List.of("push"));
    }
    return new SyncJobConfig(sync.id(), map);
  }

  // ---- single values ----

  public @Nullable String value(String key) {
    List<String> values = properties.get(key);
    return values == null ? null : values.getFirst();
  }

  public DatastoreName store() {
    return new DatastoreName(required("store"));
  }

  public Namespace namespace() {
    return namespace("ns");
  }

  public Namespace remoteNamespace() {
    return namespace("remote-ns");
  }

  public DatastoreName remoteStore() {
    return new DatastoreName(required("remote-store"));
  }

  public boolean isPush() {
    return "push".equals(value("sync-direction"));
  }

  public boolean removeVanished() {
    return flag("remove-vanished");
  }

  /** Who owns what a pull brings, and as whom the job runs. */
  public AuthId owner() {
    String owner = value("owner");
    return owner == null ? AuthId.ROOT : AuthId.parse(owner);
  }

  public Optional<CalendarEvent> schedule() {
    return Optional.ofNullable(value("schedule")).map(CalendarEvent::parse);
  }

  private boolean flag(String key) {
    String text = value(key);
    return text != null && SectionValues.bool(text);
  }

  private OptionalInt number(String key) {
    String text = value(key);
    return text == null ? OptionalInt.empty() : OptionalInt.of((int) SectionValues.integer(text));
  }

  private Namespace namespace(String key) {
    String text = value(key);
    return text == null ? Namespace.ROOT : Namespace.parse(text);
  }

  private String required(String key) {
    String value = value(key);
    if (value == null) {
      throw BackupException.invalid("sync job '" + id + "' has no " + key);
    }
    return value;
  }

  // ---- meaning ----

  /** Throws INVALID_INPUT for what can never be, NOT_BUILT for what this node cannot do. */
  public SyncConfig toSync() {
    SyncRules rules = rules();
    String remote = value("remote");
    if (remote == null) {
      throw new BackupException(
          Kind.NOT_BUILT, "syncs between datastores of one node are not built yet on this node");
    }
    for (String key : NOT_BUILT) {
      String value = value(key);
      if (value != null && !value.equals("false")) {
        throw new BackupException(
            Kind.NOT_BUILT, "sync option '" + key + "' is not built yet on this node");
      }
    }
    SyncConfig.Remote there = new SyncConfig.Remote(remote, remoteStore(), remoteNamespace());
    SyncConfig.Local here = new SyncConfig.Local(store(), namespace());
    When when = new When(false, schedule());
    return isPush()
        ? new SyncConfig.Push(id, here, there, when, rules)
        : new SyncConfig.Pull(id, there, here, when, owner(), rules);
  }

  private SyncRules rules() {
    OptionalInt depth = number("max-depth");
    for (Namespace namespace : List.of(namespace(), remoteNamespace())) {
      if (depth.isPresent() && namespace.depth() + depth.getAsInt() > Namespace.DEPTH_MAX) {
        throw BackupException.invalid(
            "namespace '"
                + namespace
                + "'s depth and recursion depth exceed limit: "
                + namespace.depth()
                + " + "
                + depth.getAsInt()
                + " > "
                + Namespace.DEPTH_MAX);
      }
    }
    List<String> filters = properties.getOrDefault("group-filter", List.of());
    return new SyncRules(
        depth.orElse(SyncRules.FULL_DEPTH),
        removeVanished(),
        SyncRules.NEW_NAMESPACES_DEFAULT,
        number("transfer-last"),
        filters.stream().map(GroupFilter::parse).toList());
  }
}
