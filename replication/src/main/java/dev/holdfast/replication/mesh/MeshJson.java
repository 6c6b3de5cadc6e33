package dev.holdfast.replication.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.Optional;

/**
 * The text forms in which events and status cross between members, one JSON object each:
 *
 * <pre>
 * event  = { "from": INCARNATION, "kind": "snapshot-finished", "site", "store", "ns", "snapshot", "finished-at": ms }
 * status = { "site", "store", "ns", "group", "newest": s, "restorable-at": ms, "transfer": ms, "bytes": n }
 * </pre>
 *
 * Members of different versions share a mesh: unknown members of an object are ignored, and a text
 * that cannot be understood is nothing, not an error.
 */
final class MeshJson {
  /** Longest text taken from another member; ours stay below 1 KiB. */
  static final int TEXT_CHARS_MAX = 16 * 1024;

  private static final ObjectMapper MAPPER = JsonMapper.builder().build();
  private static final String KIND_SNAPSHOT_FINISHED = "snapshot-finished";

  private MeshJson() {}

  /** An event, and which run of which node sent it. */
  record Envelope(String from, MeshEvent event) {}

  static String encode(Envelope envelope) {
    ObjectNode json = MAPPER.createObjectNode().put("from", envelope.from());
    switch (envelope.event()) {
      case MeshEvent.SnapshotFinished e ->
          json.put("kind", KIND_SNAPSHOT_FINISHED)
              .put("site", e.site())
              .put("store", e.datastore().text())
              .put("ns", e.namespace().toString())
              .put("snapshot", e.snapshot().toString())
              .put("finished-at", e.finishedAtMillis());
    }
    return json.toString();
  }

  /** Empty for a kind that this version does not know, and for nonsense. */
  static Optional<Envelope> decodeEvent(String text) {
    return parse(text)
        .filter(json -> KIND_SNAPSHOT_FINISHED.equals(json.path("kind").asText()))
        .flatMap(
            json ->
                guarded(
                    () ->
                        new Envelope(
                            json.path("from").asText(),
                            new MeshEvent.SnapshotFinished(
                                json.path("site").asText(),
                                new DatastoreName(json.path("store").asText()),
                                Namespace.parse(json.path("ns").asText()),
                                SnapshotId.parse(json.path("snapshot").asText()),
                                json.path("finished-at").asLong()))));
  }

  static String encode(SiteStatus status) {
    return MAPPER
        .createObjectNode()
        .put("site", status.site())
        .put("store", status.datastore().text())
        .put("ns", status.namespace().toString())
        .put("group", status.group().toString())
        .put("newest", status.newestTime())
        .put("restorable-at", status.restorableAtMillis())
        .put("transfer", status.transferMillis())
        .put("bytes", status.transferBytes())
        .toString();
  }

  static Optional<SiteStatus> decodeStatus(String text) {
    return parse(text)
        .flatMap(
            json ->
                guarded(
                    () ->
                        new SiteStatus(
                            json.path("site").asText(),
                            new DatastoreName(json.path("store").asText()),
                            Namespace.parse(json.path("ns").asText()),
                            GroupId.parse(json.path("group").asText()),
                            json.path("newest").asLong(),
                            json.path("restorable-at").asLong(),
                            json.path("transfer").asLong(),
                            json.path("bytes").asLong())));
  }

  private static Optional<JsonNode> parse(String text) {
    if (text.length() > TEXT_CHARS_MAX) {
      return Optional.empty();
    }
    try {
      return Optional.of(MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** A value that breaks the rules of its type comes from a stranger or from the future. */
  private static <T> Optional<T> guarded(java.util.function.Supplier<T> value) {
    try {
      return Optional.of(value.get());
    } catch (BackupException e) {
      return Optional.empty();
    }
  }
}
