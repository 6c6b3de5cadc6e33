package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.DatastoreName;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole mesh.yaml, checked: every peer and datastore that a sync names is declared here.
 *
 * @param site this node's name in the mesh
 * @param listen where it serves; absent = the command line or the default decides
 * @param datastores in the order of the file, like all maps and lists here
 * @param mesh absent = no cluster
 * @param origins where each object was written, by {@link #datastoreKey} and the like
 */
public record MeshConfig(
    String site,
    Optional<HostAndPort> listen,
    Map<DatastoreName, DatastoreConfig> datastores,
    Map<String, PeerConfig> peers,
    List<SyncConfig> syncs,
    Optional<MeshSettings> mesh,
    Limits limits,
    Map<String, Origin> origins) {

  public MeshConfig {
    datastores = Collections.unmodifiableMap(new LinkedHashMap<>(datastores));
    peers = Collections.unmodifiableMap(new LinkedHashMap<>(peers));
    syncs = List.copyOf(syncs);
    origins = Map.copyOf(origins);
  }

  public Optional<SyncConfig> sync(String id) {
    return syncs.stream().filter(s -> s.id().equals(id)).findFirst();
  }

  public static String datastoreKey(DatastoreName name) {
    return "datastores." + name;
  }

  public static String peerKey(String name) {
    return "peers." + name;
  }

  public static String syncKey(String id) {
    return "sync." + id;
  }

  /** Where the object with this key was written; absent for an object of another source. */
  public Optional<Origin> origin(String key) {
    return Optional.ofNullable(origins.get(key));
  }
}
