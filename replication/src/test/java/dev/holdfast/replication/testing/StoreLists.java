package dev.holdfast.replication.testing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.SnapshotInfo;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The lists of a datastore as a server gives them (spec/protocols.md §7.3, §7.4), for tests. Blocks
 * on the disk.
 */
public final class StoreLists {
  private final Datastore store;
  private final Predicate<Namespace> visible;

  /**
   * @param visible what the token may see
   */
  public StoreLists(Datastore store, Predicate<Namespace> visible) {
    this.store = store;
    this.visible = visible;
  }

  /** The answer to a GET: {@code namespace}, {@code groups} or {@code snapshots}. */
  public ArrayNode list(String list, Map<String, String> query) {
    return switch (list) {
      case "namespace" -> namespaces(query);
      case "groups" -> groups(namespace(query));
      case "snapshots" -> snapshots(namespace(query), query);
      default -> throw BackupException.notFound("Path '" + list + "' not found.");
    };
  }

  private ArrayNode namespaces(Map<String, String> query) {
    Namespace parent = Namespace.parse(query.getOrDefault("parent", ""));
    int depth = Integer.parseInt(query.getOrDefault("max-depth", "7"));
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    // An absent parent is listed, as real servers do.
    List<Namespace> found =
        store.namespaceExists(parent) ? store.namespaces(parent, depth) : List.of(parent);
    for (Namespace namespace : found) {
      if (visible.test(namespace)) {
        list.addObject().put("ns", namespace.toString());
      }
    }
    if (list.isEmpty()) {
      throw new BackupException(Kind.PERMISSION, "permission check failed");
    }
    return list;
  }

  private Namespace namespace(Map<String, String> query) {
    Namespace namespace = Namespace.parse(query.getOrDefault("ns", ""));
    if (!visible.test(namespace)) {
      throw new BackupException(Kind.PERMISSION, "permission check failed");
    }
    if (!store.namespaceExists(namespace)) {
      throw BackupException.invalid("ENOENT: No such file or directory");
    }
    return namespace;
  }

  private ArrayNode groups(Namespace namespace) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (GroupId group : store.groups(namespace)) {
      list.addObject()
          .put("backup-type", group.type().text())
          .put("backup-id", group.id())
          .put("owner", store.owner(namespace, group).toString());
    }
    return list;
  }

  private ArrayNode snapshots(Namespace namespace, Map<String, String> query) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (GroupId group : store.groups(namespace)) {
      boolean asked =
          query.getOrDefault("backup-type", group.type().text()).equals(group.type().text())
              && query.getOrDefault("backup-id", group.id()).equals(group.id());
      if (asked) {
        String owner = store.owner(namespace, group).toString();
        store
            .snapshots(namespace, group)
            .forEach(id -> list.add(snapshot(namespace, id).put("owner", owner)));
      }
    }
    return list;
  }

  private ObjectNode snapshot(Namespace namespace, SnapshotId id) {
    SnapshotInfo info = store.info(namespace, id);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    store
        .held(namespace, id)
        .ifPresent(held -> json.put("held-until", held.until().getEpochSecond()));
    json.put("backup-type", info.id().group().type().text())
        .put("backup-id", info.id().group().id())
        .put("backup-time", info.id().time())
        .put("protected", info.isProtected());
    ArrayNode files = json.putArray("files");
    for (SnapshotInfo.FileInfo file : info.files()) {
      ObjectNode entry = files.addObject().put("filename", file.name());
      if (file.crypt() != null) {
        entry.put("crypt-mode", file.crypt().text());
      }
      if (file.size() != null) {
        entry.put("size", file.size());
      }
    }
    Manifest manifest = info.manifest();
    if (manifest != null && info.size() != null) {
      json.put("size", info.size());
      manifest.notes().flatMap(n -> n.lines().findFirst()).ifPresent(n -> json.put("comment", n));
      VerifyState verified = manifest.verifyState();
      if (verified != null) {
        json.putObject("verification")
            .put("upid", verified.upid())
            .put("state", verified.state().text());
      }
    }
    return json;
  }

  /** The parameters of a query, decoded. */
  public static Map<String, String> query(@Nullable String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }
}
