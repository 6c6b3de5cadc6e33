package dev.holdfast.replication.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Kept;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import java.util.Locale;

/**
 * A plan for tools:
 *
 * <pre>
 * { "from", "into", "owner", "refused": bool, "empty": bool, "bytes",
 *   "create-namespaces": [ns], "transfers": [{ "source-ns", "ns", "backup-type", "backup-id",
 *   "backup-time", "snapshot", "reason", "bytes" }], "skipped": [{ …, "reason" }],
 *   "removals": [{ "kind": "snapshot|group|namespace", …, "rule" }], "kept": [{ "kind", …,
 *   "reason" }], "refusals": [{ "kind", "stops-all", "text" }] }
 * </pre>
 *
 * Reasons and kinds are words in lower case with hyphens.
 */
public final class SyncPlanJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private SyncPlanJson() {}

  public static ObjectNode of(SyncPlan plan) {
    ObjectNode json = NODES.objectNode();
    json.put("from", plan.mapping().from().toString());
    json.put("into", plan.mapping().into().toString());
    json.put("owner", plan.mapping().owner().toString());
    json.put("refused", plan.isRefused());
    json.put("empty", plan.isEmpty());
    json.put("bytes", plan.transferBytes());
    ArrayNode create = json.putArray("create-namespaces");
    plan.createNamespaces().forEach(ns -> create.add(ns.toString()));
    ArrayNode transfers = json.putArray("transfers");
    ArrayNode skipped = json.putArray("skipped");
    plan.groups().forEach(group -> group(group, transfers, skipped));
    ArrayNode removals = json.putArray("removals");
    plan.removals().forEach(removal -> removals.add(removal(removal)));
    ArrayNode kept = json.putArray("kept");
    plan.kept().forEach(k -> kept.add(kept(k)));
    ArrayNode refusals = json.putArray("refusals");
    plan.refusals().forEach(refusal -> refusals.add(refusal(refusal)));
    return json;
  }

  private static void group(GroupPlan plan, ArrayNode transfers, ArrayNode skipped) {
    plan.transfers()
        .forEach(
            t ->
                transfers.add(
                    snapshot(plan.target(), plan.group(), t.time())
                        .put("source-ns", plan.source().toString())
                        .put("reason", word(t.reason()))
                        .put("bytes", t.bytes())));
    plan.skipped()
        .forEach(
            s ->
                skipped.add(
                    snapshot(plan.target(), plan.group(), s.time())
                        .put("source-ns", plan.source().toString())
                        .put("reason", word(s.reason()))));
  }

  private static ObjectNode removal(Removal removal) {
    ObjectNode json =
        switch (removal) {
          case Removal.OfSnapshot s ->
              snapshot(s.namespace(), s.group(), s.time()).put("kind", "snapshot");
          case Removal.OfGroup g ->
              group(g.namespace(), g.group())
                  .put("kind", "group")
                  .put("snapshots", g.snapshotCount());
          case Removal.OfNamespace n -> namespace(n.namespace()).put("kind", "namespace");
        };
    return json.put("rule", removal.rule().text());
  }

  private static ObjectNode kept(Kept kept) {
    ObjectNode json =
        switch (kept) {
          case Kept.Snapshot s ->
              snapshot(s.namespace(), s.group(), s.time()).put("kind", "snapshot");
          case Kept.Group g -> group(g.namespace(), g.group()).put("kind", "group");
          case Kept.Whole n -> namespace(n.namespace()).put("kind", "namespace");
        };
    return json.put("reason", word(kept.reason()));
  }

  private static ObjectNode refusal(Refusal refusal) {
    String kind =
        switch (refusal) {
          case Refusal.SourceMissing r -> "source-missing";
          case Refusal.NestsIntoItself r -> "nests-into-itself";
          case Refusal.DoesNotFit r -> "does-not-fit";
          case Refusal.TooManyNewNamespaces r -> "too-many-new-namespaces";
          case Refusal.OwnerDiffers r -> "owner-differs";
        };
    return NODES
        .objectNode()
        .put("kind", kind)
        .put("stops-all", refusal.stopsAll())
        .put("text", refusal.text());
  }

  private static ObjectNode namespace(Namespace ns) {
    return NODES.objectNode().put("ns", ns.toString());
  }

  private static ObjectNode group(Namespace ns, GroupId group) {
    return namespace(ns).put("backup-type", group.type().text()).put("backup-id", group.id());
  }

  private static ObjectNode snapshot(Namespace ns, GroupId group, long time) {
    return group(ns, group)
        .put("backup-time", time)
        .put("snapshot", new SnapshotId(group, time).toString());
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
