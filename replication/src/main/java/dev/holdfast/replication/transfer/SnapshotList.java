package dev.holdfast.replication.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.replication.plan.GroupView;
import dev.holdfast.replication.plan.Listing;
import dev.holdfast.replication.plan.Listing.FileFact;
import dev.holdfast.replication.plan.SnapshotView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The answers to GET snapshots and GET groups of one namespace (spec/protocols.md §7.3). */
final class SnapshotList {
  private final Map<GroupId, List<SnapshotView>> snapshots = new HashMap<>();
  private final Map<GroupId, AuthId> owners = new HashMap<>();

  /**
   * Adds the answer to GET snapshots.
   *
   * @throws BackupException INVALID_INPUT when it is not one
   */
  void addSnapshots(JsonNode list) {
    for (JsonNode entry : array(list)) {
      GroupId group = group(entry);
      snapshots.computeIfAbsent(group, g -> new ArrayList<>()).add(snapshot(group, entry));
      addOwner(group, entry);
    }
  }

  /** Adds the answer to GET groups, which tells of empty groups too. */
  void addGroups(JsonNode list) {
    array(list).forEach(entry -> addOwner(group(entry), entry));
  }

  boolean hasOwner(GroupId group) {
    return owners.containsKey(group);
  }

  NavigableMap<GroupId, GroupView> groups() {
    NavigableMap<GroupId, GroupView> groups = new TreeMap<>();
    owners.forEach(
        (group, owner) ->
            groups.put(group, GroupView.of(owner, snapshots.getOrDefault(group, List.of()))));
    for (GroupId group : snapshots.keySet()) {
      if (!groups.containsKey(group)) {
        throw BackupException.invalid("group " + group + " is listed without an owner");
      }
    }
    return groups;
  }

  private void addOwner(GroupId group, JsonNode entry) {
    String owner = entry.path("owner").textValue();
    if (owner != null) {
      owners.put(group, AuthId.parse(owner));
    }
  }

  private static GroupId group(JsonNode entry) {
    return new GroupId(BackupType.parse(text(entry, "backup-type")), text(entry, "backup-id"));
  }

  private static SnapshotView snapshot(GroupId group, JsonNode entry) {
    JsonNode time = entry.path("backup-time");
    if (!time.isIntegralNumber() || !time.canConvertToLong()) {
      throw BackupException.invalid("found backup-time " + time + ", expected an integer");
    }
    boolean finished = entry.path("size").isIntegralNumber();
    return new SnapshotView(
        group.at(time.longValue()).time(),
        finished,
        entry.path("protected").booleanValue(),
        entry.path("held-until").isIntegralNumber(),
        finished ? listing(entry) : Listing.NOTHING);
  }

  private static Listing listing(JsonNode entry) {
    SortedMap<String, FileFact> files = new TreeMap<>();
    for (JsonNode file : entry.path("files")) {
      JsonNode size = file.path("size");
      files.put(
          text(file, "filename"),
          new FileFact(
              file.path("crypt-mode").textValue(),
              size.isIntegralNumber() ? size.longValue() : Listing.BYTES_UNKNOWN));
    }
    return new Listing(
        Listing.commentOf(entry.path("comment").asText("")),
        entry.path("verification").path("state").textValue(),
        files);
  }

  private static JsonNode array(JsonNode list) {
    if (!list.isArray()) {
      throw BackupException.invalid("found " + list.getNodeType() + ", expected a list");
    }
    return list;
  }

  private static String text(JsonNode entry, String name) {
    @Nullable String text = entry.path(name).textValue();
    if (text == null) {
      throw new BackupException(Kind.INVALID_INPUT, "found an entry without " + name);
    }
    return text;
  }
}
