package dev.holdfast.chunkstore.move;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The text of a move's journal: JSON objects, one a line. What follows the last line feed was torn
 * off by a loss of power, before what it tells was done, and is not read.
 *
 * <pre>
 * journal = header *line
 * header  = { "version": 1, "began": epoch, "store": name, "from": ns, "to": ns, "merge": bool,
 *             ( "group": type/id | "max-depth": 0…7, "remove-source": bool ) }
 * line    = { "made": ns } | { "removed": ns } | { "state": moving|done|stopped|undoing|undone }
 *         | { "group": type/id, "from": ns, "to": ns, ? "notes": text, "snapshots": [ epoch … ] }
 * </pre>
 */
final class MoveJournalLines {
  private static final int VERSION = 1;
  private static final JsonMapper JSON = new JsonMapper();

  private MoveJournalLines() {}

  static String header(MoveRequest request, DatastoreName target, Instant began) {
    ObjectNode json =
        JSON.createObjectNode()
            .put("version", VERSION)
            .put("began", began.getEpochSecond())
            .put("store", target.text())
            .put("from", request.from().toString())
            .put("to", request.to().toString())
            .put("merge", request.merge());
    switch (request) {
      case MoveRequest.OfGroup of -> json.put("group", of.group().toString());
      case MoveRequest.OfNamespace of ->
          json.put("max-depth", of.maxDepth()).put("remove-source", of.removeSource());
    }
    return json + "\n";
  }

  static String line(MoveEntry entry) {
    ObjectNode json = JSON.createObjectNode();
    switch (entry) {
      case MoveEntry.Made made -> json.put("made", made.namespace().toString());
      case MoveEntry.Removed removed -> json.put("removed", removed.namespace().toString());
      case MoveEntry.Became became -> json.put("state", became.state().text());
      case MoveEntry.Group group -> {
        json.put("group", group.group().toString())
            .put("from", group.from().toString())
            .put("to", group.to().toString());
        if (!group.notes().isEmpty()) {
          json.put("notes", group.notes());
        }
        ArrayNode times = json.putArray("snapshots");
        group.snapshots().forEach(s -> times.add(s.time()));
      }
    }
    return json + "\n";
  }

  /** CORRUPT_DATA with the line that cannot be read. */
  static MoveJournal.Content parse(String name, String text) {
    List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    if (lines.isEmpty()) {
      throw corrupt(name, 1, "found no line", null);
    }
    List<MoveEntry> entries = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      entries.add(read(name, i + 1, lines.get(i), MoveJournalLines::entry));
    }
    return read(
        name,
        1,
        lines.getFirst(),
        json -> {
          if (json.path("version").intValue() != VERSION) {
            throw BackupException.invalid(
                "found version " + json.path("version") + ", expected " + VERSION);
          }
          return new MoveJournal.Content(
              name,
              request(json),
              new DatastoreName(text(json, "store")),
              Instant.ofEpochSecond(json.path("began").longValue()),
              entries);
        });
  }

  private interface Reader<T> {
    T read(JsonNode json);
  }

  private static <T> T read(String name, int line, String text, Reader<T> reader) {
    try {
      return reader.read(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      throw corrupt(name, line, e.getOriginalMessage(), e);
    } catch (BackupException e) {
      throw corrupt(name, line, e.text(), e);
    }
  }

  private static BackupException corrupt(
      String name, int line, String why, @Nullable Throwable cause) {
    return new BackupException(
            BackupException.Kind.CORRUPT_DATA,
            "journal of move '" + name + "', line " + line + ": " + why,
            cause)
        .advise(
            "Every snapshot is in one place, whole. Look where this move's are, then remove the"
                + " file '"
                + MoveJournal.DIRECTORY
                + "/"
                + name
                + "' in the directory of the datastore.");
  }

  private static MoveRequest request(JsonNode json) {
    Namespace from = Namespace.parse(text(json, "from"));
    Namespace to = Namespace.parse(text(json, "to"));
    boolean merge = json.path("merge").booleanValue();
    if (json.has("group")) {
      return new MoveRequest.OfGroup(from, GroupId.parse(text(json, "group")), to, merge);
    }
    return new MoveRequest.OfNamespace(
        from,
        to,
        json.path("max-depth").asInt(-1),
        json.path("remove-source").booleanValue(),
        merge);
  }

  private static MoveEntry entry(JsonNode json) {
    if (json.has("group")) {
      GroupId group = GroupId.parse(text(json, "group"));
      List<SnapshotId> snapshots = new ArrayList<>();
      json.path("snapshots").forEach(time -> snapshots.add(group.at(time.longValue())));
      return new MoveEntry.Group(
          Namespace.parse(text(json, "from")),
          group,
          Namespace.parse(text(json, "to")),
          json.path("notes").asText(""),
          snapshots);
    }
    if (json.has("made")) {
      return new MoveEntry.Made(Namespace.parse(text(json, "made")));
    }
    if (json.has("removed")) {
      return new MoveEntry.Removed(Namespace.parse(text(json, "removed")));
    }
    return new MoveEntry.Became(state(text(json, "state")));
  }

  private static MoveState state(String text) {
    for (MoveState state : MoveState.values()) {
      if (state.text().equals(text)) {
        return state;
      }
    }
    throw BackupException.invalid("found state '" + text.toLowerCase(Locale.ROOT) + "'");
  }

  private static String text(JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw BackupException.invalid("expected a text '" + field + "'");
    }
    return value.textValue();
  }
}
