package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code TYPE/ID/TIME}, or {@code TYPE/ID} for the newest of the group.
 *
 * @param snapshot null = the newest finished one
 */
record SnapshotChoice(GroupId group, @Nullable SnapshotId snapshot) {
  static SnapshotChoice parse(String text) {
    if (text.chars().filter(c -> c == '/').count() > 1) {
      SnapshotId snapshot = SnapshotId.parse(text);
      return new SnapshotChoice(snapshot.group(), snapshot);
    }
    return new SnapshotChoice(GroupId.parse(text), null);
  }

  /** NOT_FOUND when the group has no finished snapshot that the caller may see. */
  SnapshotId resolve(NodeConnection node, Namespace namespace) {
    if (snapshot != null) {
      return snapshot;
    }
    SnapshotId newest = null;
    for (JsonNode row : node.get(node.storePath("/snapshots"), query(namespace, group))) {
      // Without a size there is no manifest yet: it is being written.
      SnapshotId each = group.at(row.path("backup-time").asLong());
      if (row.has("size") && (newest == null || each.time() > newest.time())) {
        newest = each;
      }
    }
    if (newest == null) {
      throw BackupException.notFound(
              "no finished snapshot of group '"
                  + group
                  + "' in "
                  + (namespace.isRoot() ? "the root namespace" : "namespace '" + namespace + "'")
                  + " of datastore '"
                  + node.datastore()
                  + "'")
          .advise("See `holdfast snapshot list`, and mind --ns.");
    }
    return newest;
  }

  static Map<String, String> query(Namespace namespace, GroupId group) {
    Map<String, String> query = NodeConnection.query(namespace);
    query.put("backup-type", group.type().text());
    query.put("backup-id", group.id());
    return query;
  }

  static Map<String, String> query(Namespace namespace, SnapshotId snapshot) {
    Map<String, String> query = query(namespace, snapshot.group());
    query.put("backup-time", Long.toString(snapshot.time()));
    return query;
  }

  /** The same parameters for a call that changes something. */
  static ObjectNode body(Namespace namespace, GroupId group) {
    return body(query(namespace, group));
  }

  static ObjectNode body(Namespace namespace, SnapshotId snapshot) {
    return body(query(namespace, snapshot)).put("backup-time", snapshot.time());
  }

  private static ObjectNode body(Map<String, String> query) {
    ObjectNode body = NodeConnection.object();
    query.forEach(body::put);
    return body;
  }
}
