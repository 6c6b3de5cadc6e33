package dev.holdfast.node.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.job.JobState.Created;
import dev.holdfast.node.job.JobState.Finished;
import dev.holdfast.node.job.JobState.Started;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.util.OptionalLong;

/**
 * A job state file (spec/engine.md §9.6):
 *
 * <pre>
 * file   := {"created":{"time":t}} | {"started":{"upid":u}}
 *         | {"finished":{"upid":u,"state":status,"updated":t|null}}
 * status := {"OK":{"endtime":t}} | {"Warning":{"count":n,"endtime":t}}
 *         | {"Error":{"message":m,"endtime":t}} | {"Unknown":{"endtime":t}}
 * </pre>
 */
final class JobStateJson {
  private static final JsonMapper JSON = new JsonMapper();

  private JobStateJson() {}

  static String format(JobState state) {
    ObjectNode file = JsonNodeFactory.instance.objectNode();
    switch (state) {
      case Created created -> file.putObject("created").put("time", created.time());
      case Started started -> file.putObject("started").put("upid", started.upid().toString());
      case Finished finished -> {
        ObjectNode json = file.putObject("finished").put("upid", finished.upid().toString());
        put(json.putObject("state"), finished.status(), finished.endTime());
        if (finished.updated().isPresent()) {
          json.put("updated", finished.updated().getAsLong());
        } else {
          json.putNull("updated");
        }
      }
    }
    return file.toString();
  }

  private static void put(ObjectNode json, TaskStatus status, long endTime) {
    ObjectNode of =
        switch (status) {
          case TaskStatus.Ok ok -> json.putObject("OK");
          case TaskStatus.Warnings warnings ->
              json.putObject("Warning").put("count", warnings.count());
          case TaskStatus.Failed failed -> json.putObject("Error").put("message", failed.message());
          case TaskStatus.Unknown unknown -> json.putObject("Unknown");
          case TaskStatus.Running running ->
              throw new IllegalArgumentException("a run that goes on has not finished");
        };
    of.put("endtime", endTime);
  }

  /** Throws CORRUPT_DATA for anything else. */
  static JobState parse(String text) {
    JsonNode file;
    try {
      file = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw corrupt("found what is not JSON");
    }
    try {
      if (file.has("created")) {
        return new Created(number(file.path("created"), "time"));
      }
      if (file.has("started")) {
        return new Started(upid(file.path("started")));
      }
      JsonNode finished = file.path("finished");
      JsonNode updated = finished.path("updated");
      JsonNode state = finished.path("state");
      return new Finished(
          upid(finished),
          status(state),
          number(state.path(key(state)), "endtime"),
          updated.isIntegralNumber() ? OptionalLong.of(updated.asLong()) : OptionalLong.empty());
    } catch (BackupException e) {
      throw corrupt(e.text());
    }
  }

  private static TaskStatus status(JsonNode state) {
    String key = key(state);
    JsonNode of = state.path(key);
    return switch (key) {
      case "OK" -> new TaskStatus.Ok();
      case "Warning" -> new TaskStatus.Warnings(Math.toIntExact(number(of, "count")));
      case "Error" -> new TaskStatus.Failed(of.path("message").asText());
      case "Unknown" -> new TaskStatus.Unknown();
      default -> throw corrupt("found how a run ended as '" + key + "'");
    };
  }

  private static String key(JsonNode state) {
    if (state.size() != 1) {
      throw corrupt("found " + state.size() + " ways how a run ended, expected one");
    }
    return state.fieldNames().next();
  }

  private static Upid upid(JsonNode json) {
    return Upid.parse(json.path("upid").asText());
  }

  private static long number(JsonNode json, String key) {
    if (!json.path(key).isIntegralNumber()) {
      throw corrupt("found no number '" + key + "'");
    }
    return json.path(key).asLong();
  }

  private static BackupException corrupt(String found) {
    return BackupException.corrupt(found + ", expected created, started or finished");
  }
}
