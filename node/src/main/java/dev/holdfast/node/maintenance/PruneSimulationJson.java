package dev.holdfast.node.maintenance;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.maintenance.PruneSimulation.Result;

/** A simulation as the API and {@code holdfast prune simulate --output json} tell it. */
public final class PruneSimulationJson {
  private PruneSimulationJson() {}

  public static ObjectNode of(Result result) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("start", result.plan().start())
            .put("end", result.plan().end())
            .put("made", result.snapshots().size())
            .put("kept", result.kept().size())
            .put("count-max", result.countMax());
    result.bytes().ifPresent(bytes -> json.put("bytes", bytes));
    result.bytesMax().ifPresent(bytes -> json.put("bytes-max", bytes));
    ArrayNode snapshots = json.putArray("snapshots");
    for (PruneSimulation.Snapshot snapshot : result.snapshots()) {
      ObjectNode one =
          snapshots
              .addObject()
              .put("backup-time", snapshot.made())
              .put("keep", snapshot.removed().isEmpty())
              .put("life-seconds", snapshot.lifeSeconds(result.plan().end()));
      snapshot.removed().ifPresent(at -> one.put("removed-at", at));
      if (snapshot.held()) {
        one.put("held", true);
      }
      if (snapshot.rule() != null) {
        one.put("rule", snapshot.rule().option()).put("ordinal", snapshot.ordinal());
      }
    }
    ArrayNode counts = json.putArray("counts");
    for (PruneSimulation.Count count : result.counts()) {
      ObjectNode one =
          counts.addObject().put("time", count.time()).put("snapshots", count.snapshots());
      count.bytes().ifPresent(bytes -> one.put("bytes", bytes));
    }
    return json;
  }
}
