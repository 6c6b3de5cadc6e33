package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.DatastoreName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a new configuration changes, for a live reload. Where an object is written does not count.
 *
 * @param settings names of changed top-level keys that are no objects: site, listen, mesh, limits
 */
public record ConfigDiff(
    Change<DatastoreName> datastores,
    Change<String> peers,
    Change<String> syncs,
    SortedSet<String> settings) {

  /** By name or id. */
  public record Change<K extends Comparable<K>>(
      SortedSet<K> added, SortedSet<K> removed, SortedSet<K> changed) {
    public boolean isEmpty() {
      return added.isEmpty() && removed.isEmpty() && changed.isEmpty();
    }

    private static <K extends Comparable<K>, V> Change<K> of(Map<K, V> old, Map<K, V> now) {
      SortedSet<K> added = new TreeSet<>(now.keySet());
      added.removeAll(old.keySet());
      SortedSet<K> removed = new TreeSet<>(old.keySet());
      removed.removeAll(now.keySet());
      SortedSet<K> changed = new TreeSet<>();
      now.forEach(
          (key, value) -> {
            V before = old.get(key);
            if (before != null && !before.equals(value)) {
              changed.add(key);
            }
          });
      return new Change<>(added, removed, changed);
    }
  }

  public static ConfigDiff between(MeshConfig old, MeshConfig now) {
    SortedSet<String> settings = new TreeSet<>();
    note(settings, "site", old, now, MeshConfig::site);
    note(settings, "listen", old, now, MeshConfig::listen);
    note(settings, "mesh", old, now, MeshConfig::mesh);
    note(settings, "limits", old, now, MeshConfig::limits);
    return new ConfigDiff(
        Change.of(old.datastores(), now.datastores()),
        Change.of(old.peers(), now.peers()),
        Change.of(syncs(old), syncs(now)),
        settings);
  }

  private static Map<String, SyncConfig> syncs(MeshConfig config) {
    return config.syncs().stream()
        .collect(
            Collectors.toMap(SyncConfig::id, Function.identity(), (a, b) -> a, LinkedHashMap::new));
  }

  private static void note(
      SortedSet<String> settings,
      String key,
      MeshConfig old,
      MeshConfig now,
      Function<MeshConfig, Object> part) {
    if (!Objects.equals(part.apply(old), part.apply(now))) {
      settings.add(key);
    }
  }

  public boolean isEmpty() {
    return datastores.isEmpty() && peers.isEmpty() && syncs.isEmpty() && settings.isEmpty();
  }
}
