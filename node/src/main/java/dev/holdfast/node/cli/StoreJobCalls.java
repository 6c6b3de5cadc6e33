package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the commands for prune and for verify jobs do.
 *
 * @param word in the paths of the calls, {@code prune}
 * @param deletable what of a job can be taken away
 */
record StoreJobCalls(Terminal terminal, String word, List<String> deletable) {
  StoreJobCalls {
    deletable = List.copyOf(deletable);
  }

  int list(ConnectionOptions connection, OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("id"),
            Field.text("store"),
            Field.text("ns"),
            Field.text("schedule"),
            Field.of("enabled", Align.LEFT, row -> row.path("disable").asBoolean() ? "" : "yes"),
            Field.time("next-run"),
            Field.time("last-run-endtime"),
            Field.text("last-run-state"),
            Field.text("comment"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/admin/" + word), fields));
  }

  int show(ConnectionOptions connection, OutputOption output, String id) throws Exception {
    return connection.run(terminal, node -> output.properties(terminal, node.get(config(id))));
  }

  int create(ConnectionOptions connection, String id, ObjectNode body) throws Exception {
    return connection.run(
        terminal,
        node -> {
          var unused = node.post("/config/" + word, body.put("id", id));
          terminal.line("created " + word + " job " + id);
        });
  }

  int update(ConnectionOptions connection, String id, ObjectNode body, @Nullable List<String> taken)
      throws Exception {
    Checks.requireDeletable(taken, deletable);
    Given.put(body, "delete", taken);
    return connection.run(
        terminal,
        node -> {
          var unused = node.put(config(id), body);
          terminal.line("updated " + word + " job " + id);
        });
  }

  int remove(ConnectionOptions connection, String id) throws Exception {
    return connection.run(
        terminal,
        node -> {
          node.delete(config(id), Map.of());
          terminal.line("removed " + word + " job " + id);
        });
  }

  int run(ConnectionOptions connection, String id, boolean startOnly) throws Exception {
    return connection.run(
        terminal,
        node -> {
          JsonNode upid =
              node.post("/admin/" + word + "/" + NodeConnection.segment(id) + "/run", null);
          TaskFollower.follow(terminal, node, upid.asText(), startOnly);
        });
  }

  private String config(String id) {
    return "/config/" + word + "/" + NodeConnection.segment(id);
  }
}
