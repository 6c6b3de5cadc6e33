package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.GroupFilter;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.meshconfig.SyncOption;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.meshconfig.When;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A sync job as {@code sync.cfg} and the API have it (spec/rest-api.md §6.10), and what it means
 * here. A file of a real server may ask for more than this node can do; such a job is listed, and
 * refuses to run.
 *
 * @param properties as in the file, each with at least one value
 */
public record SyncJobConfig(String id, SortedMap<String, List<String>> properties)
    implements JobConfig {
  private static final String TYPE = "sync";
  private static final Set<String> ARRAYS = Set.of("group-filter", "associated-key");

  private static final List<String> KEYS = List.of("active-encryption-key", "associated-key");

  /** They change what a run may do, and nothing here does that. */
  private static final List<String> NOT_BUILT =
      List.of(
          "rate-in",
          "burst-in",
          "rate-out",
          "burst-out",
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
    properties = new JobProperties("sync", id, properties).all();
  }

  public static SectionConfig parseFile(String text) {
    return SectionConfig.parse(text, SCHEMAS);
  }

  public static SyncJobConfig of(Section section) {
    return new SyncJobConfig(section.id(), section.properties());
  }

  @Override
  public Section section() {
    return new Section(TYPE, id, properties);
  }

  /** A job of mesh.yaml in the same words. */
  public static SyncJobConfig of(SyncConfig sync) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    map.put("store", List.of(sync.local().store().text()));
    sync.peer().ifPresent(peer -> map.put("remote", List.of(peer)));
    map.put("remote-store", List.of(sync.other().store().text()));
    map.put("remove-vanished", List.of(Boolean.toString(sync.removeVanished())));
    map.put("max-depth", List.of(Integer.toString(sync.maxDepth())));
    if (!sync.local().ns().isRoot()) {
      map.put("ns", List.of(sync.local().ns().toString()));
    }
    if (!sync.other().ns().isRoot()) {
      map.put("remote-ns", List.of(sync.other().ns().toString()));
    }
    sync.when().schedule().ifPresent(at -> map.put("schedule", List.of(at.toString())));
    sync.transferLast()
        .ifPresent(last -> map.put("transfer-last", List.of(Integer.toString(last))));
    if (!sync.groupFilters().isEmpty()) {
      map.put("group-filter", sync.groupFilters().stream().map(GroupFilter::toString).toList());
    }
    sync.rules().options().forEach(option -> map.put(option.key(), List.of("true")));
    switch (sync) {
      case SyncConfig.Pull pull -> map.put("owner", List.of(pull.owner().toString()));
      case SyncConfig.Push push -> map.put("sync-direction", List.of("push"));
    }
    return new SyncJobConfig(sync.id(), map);
  }

  // ---- single values ----

  private JobProperties values() {
    return new JobProperties("sync", id, properties);
  }

  public @Nullable String value(String key) {
    return values().value(key);
  }

  public DatastoreName store() {
    return new DatastoreName(values().required("store"));
  }

  public Namespace namespace() {
    return values().namespace("ns");
  }

  public Namespace remoteNamespace() {
    return values().namespace("remote-ns");
  }

  public DatastoreName remoteStore() {
    return new DatastoreName(values().required("remote-store"));
  }

  public boolean isPush() {
    return "push".equals(value("sync-direction"));
  }

  /** Ids of the encryption keys that it names. */
  public Set<String> keys() {
    return KEYS.stream()
        .flatMap(key -> properties.getOrDefault(key, List.of()).stream())
        .collect(Collectors.toSet());
  }

  public boolean removeVanished() {
    return values().flag("remove-vanished", false);
  }

  /** As whom the job runs: owns what a pull brings, reads what a push sends. */
  public AuthId owner() {
    String owner = value("owner");
    return owner == null ? AuthId.ROOT : AuthId.parse(owner);
  }

  @Override
  public Optional<CalendarEvent> schedule() {
    return values().schedule();
  }

  // ---- meaning ----

  /** Throws INVALID_INPUT for what can never be, NOT_BUILT for what this node cannot do. */
  public SyncConfig toSync() {
    SyncRules rules = rules();
    for (String key : NOT_BUILT) {
      String value = value(key);
      if (value != null && !value.equals("false")) {
        throw new BackupException(
            Kind.NOT_BUILT, "sync option '" + key + "' is not built yet on this node");
      }
    }
    SyncConfig.Local here = new SyncConfig.Local(store(), namespace());
    When when = new When(false, schedule());
    return switch (other()) {
      case SyncConfig.Remote there when isPush() ->
          new SyncConfig.Push(id, here, there, when, owner(), rules);
      case SyncConfig.Place from -> new SyncConfig.Pull(id, from, here, when, owner(), rules);
    };
  }

  private SyncConfig.Place other() {
    String remote = value("remote");
    if (remote != null) {
      return new SyncConfig.Remote(remote, remoteStore(), remoteNamespace());
    }
    if (isPush()) {
      throw BackupException.invalid("a push needs a remote; between datastores of one node, pull");
    }
    if (remoteStore().equals(store())) {
      throw BackupException.invalid("source and target datastore can't be the same");
    }
    return new SyncConfig.Local(remoteStore(), remoteNamespace());
  }

  private OptionalInt transferLast() {
    return values().count("transfer-last");
  }

  private SyncRules rules() {
    OptionalInt depth = values().maxDepth(namespace());
    var unused = values().maxDepth(remoteNamespace());
    List<String> filters = properties.getOrDefault("group-filter", List.of());
    return new SyncRules(
        depth.orElse(SyncRules.FULL_DEPTH),
        removeVanished(),
        SyncRules.NEW_NAMESPACES_DEFAULT,
        transferLast(),
        filters.stream().map(GroupFilter::parse).toList(),
        options());
  }

  private Set<SyncOption> options() {
    Set<SyncOption> on = EnumSet.noneOf(SyncOption.class);
    for (SyncOption option : SyncOption.values()) {
      if (values().flag(option.key(), false)) {
        on.add(option);
      }
    }
    if (isPush() && on.contains(SyncOption.RESYNC_CORRUPT)) {
      throw BackupException.invalid("push jobs do not support resync-corrupt option");
    }
    return on;
  }
}
