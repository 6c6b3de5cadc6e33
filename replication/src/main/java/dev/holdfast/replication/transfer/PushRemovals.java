package dev.holdfast.replication.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.plan.GroupView;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SnapshotView;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Removals at the peer, each looked at again at both ends before it is asked for: what came back at
 * the source, changed hands, or is protected, held or unfinished by now, stays. For one thread.
 */
final class PushRemovals {
  /** Since then there is {@code error-on-protected} (spec/protocols.md §8.3). */
  private static final PeerVersion PROTECTED_MAY_STAY = new PeerVersion(3, 2, 11);

  private static final Map<String, String> KEEP_PROTECTED = Map.of("error-on-protected", "false");

  private final PushEnds ends;
  private final Mapping mapping;
  private final RemoteListing listing;
  private @Nullable PeerVersion version;

  PushRemovals(PushEnds ends, Mapping mapping, RemoteListing listing) {
    this.ends = ends;
    this.mapping = mapping;
    this.listing = listing;
  }

  /** As {@link SyncWork#remove}. */
  Optional<String> remove(Removal removal) {
    return switch (removal) {
      case Removal.OfSnapshot one -> snapshot(one);
      case Removal.OfGroup whole -> group(whole);
      case Removal.OfNamespace namespace -> namespace(namespace.namespace());
    };
  }

  private Namespace source(Namespace target) {
    return target.rebase(mapping.into(), mapping.from());
  }

  private Optional<String> snapshot(Removal.OfSnapshot removal) {
    Namespace from = source(removal.namespace());
    if (ends.local().snapshotExists(from, removal.group().at(removal.time()))) {
      return Optional.of("it is at the source again");
    }
    GroupView there = listing.group(removal.namespace(), removal.group());
    SnapshotView snapshot = there == null ? null : there.snapshots().get(removal.time());
    if (there == null || snapshot == null) {
      return Optional.empty();
    }
    Optional<String> kept = whyKept(there, snapshot);
    if (kept.isEmpty()) {
      Map<String, String> query = query(removal.namespace(), removal.group());
      query.put("backup-time", Long.toString(removal.time()));
      var unused = ends.target().delete(ends.path("snapshots"), query);
    }
    return kept;
  }

  private Optional<String> whyKept(GroupView group, SnapshotView snapshot) {
    if (!group.owner().equals(mapping.owner())) {
      return Optional.of("it is owned by " + group.owner());
    }
    if (snapshot.isProtected()) {
      return Optional.of("it is protected");
    }
    if (snapshot.isHeld()) {
      return Optional.of("it is held there");
    }
    return snapshot.finished() ? Optional.empty() : Optional.of("it is not finished");
  }

  private Optional<String> group(Removal.OfGroup removal) {
    Namespace from = source(removal.namespace());
    if (!ends.local().snapshots(from, removal.group()).isEmpty()) {
      return Optional.of("it is at the source again");
    }
    GroupView there = listing.group(removal.namespace(), removal.group());
    if (there != null) {
      if (there.snapshots().size() > removal.snapshotCount()) {
        return Optional.of("it has new snapshots");
      }
      for (SnapshotView snapshot : there.snapshots().values()) {
        Optional<String> kept = whyKept(there, snapshot);
        if (kept.isPresent()) {
          return kept;
        }
      }
    }
    return delete("groups", query(removal.namespace(), removal.group()));
  }

  private Optional<String> namespace(Namespace namespace) {
    if (ends.local().namespaceExists(source(namespace))) {
      return Optional.of("it is at the source again");
    }
    if (listing.hasBelow(namespace)) {
      return Optional.of("something is in it");
    }
    Map<String, String> query = new HashMap<>();
    query.put("ns", namespace.toString());
    try {
      // Without delete-groups, so that a group that came meanwhile stops it.
      return delete("namespace", query);
    } catch (BackupException e) {
      if (e.kind() == Kind.INVALID_INPUT && e.text().contains("existing groups")) {
        return Optional.of("something is in it");
      }
      throw e;
    }
  }

  private Optional<String> delete(String what, Map<String, String> query) {
    PeerVersion known = version == null ? PeerVersion.of(ends.target()) : version;
    version = known;
    if (known.isAtLeast(PROTECTED_MAY_STAY)) {
      query.putAll(KEEP_PROTECTED);
    }
    JsonNode stats = ends.target().delete(ends.path(what), query);
    long stayed = stats.path("protected-snapshots").asLong();
    return stayed > 0 ? Optional.of("protected or held snapshots stay") : Optional.empty();
  }

  private static Map<String, String> query(Namespace namespace, GroupId group) {
    Map<String, String> query = new HashMap<>();
    query.put("backup-type", group.type().text());
    query.put("backup-id", group.id());
    if (!namespace.isRoot()) {
      query.put("ns", namespace.toString());
    }
    return query;
  }
}
