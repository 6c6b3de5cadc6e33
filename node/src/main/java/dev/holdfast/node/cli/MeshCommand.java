package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Namespace;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "mesh", description = "State of the mesh, and how far behind copies are.")
final class MeshCommand {
  /** How long {@code --count} waits. */
  private static final Duration WAIT_MAX = Duration.ofSeconds(60);

  private static final Duration POLL_INTERVAL = Duration.ofMillis(500);

  private final Terminal terminal;

  MeshCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "status", description = "Show members, links and replication state.")
  int status(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    return connection.run(terminal, node -> print(output, node.get("/mesh/status")));
  }

  @Command(
      name = "lag",
      description = "Show how long finished snapshots took until they were restorable here.")
  int lag(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin OutputOption output,
      @Option(
              names = "--count",
              paramLabel = "N",
              description = "First wait until there are so many, at most a minute.")
          int count,
      @Option(names = "--last", paramLabel = "N", description = "Only the newest so many.")
          int last)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          Map<String, String> query = NodeConnection.query(namespace);
          node.namedDatastore().ifPresent(store -> query.put("store", store.text()));
          awaitCount(node, query, count);
          if (last > 0) {
            query.put("last", Integer.toString(last));
          }
          print(output, node.get("/mesh/lag", query));
        });
  }

  private static void awaitCount(NodeConnection node, Map<String, String> query, int count) {
    long deadline = System.nanoTime() + WAIT_MAX.toNanos();
    int found = 0;
    while (count > 0) {
      found = node.get("/mesh/lag", query).path("snapshots").size();
      if (found >= count) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new BackupException(
                Kind.INTERNAL,
                "after "
                    + WAIT_MAX.toSeconds()
                    + " s only "
                    + found
                    + " of "
                    + count
                    + " snapshots have arrived")
            .advise("See `holdfast sync list` and `holdfast task list` for what holds them up.");
      }
      TaskFollower.pause(POLL_INTERVAL);
    }
  }

  /** Single values as lines, lists as tables under their names. */
  private void print(OutputOption output, JsonNode answer) {
    if (output.isJson(terminal)) {
      OutputOption.json(terminal, answer);
      return;
    }
    for (Map.Entry<String, JsonNode> member : answer.properties()) {
      if (!member.getValue().isArray()) {
        terminal.line(member.getKey() + ": " + Field.plain(member.getValue()));
      }
    }
    for (Map.Entry<String, JsonNode> member : answer.properties()) {
      if (member.getValue().isArray() && !member.getValue().isEmpty()) {
        terminal.line(member.getKey() + ":");
        output.print(terminal, member.getValue(), Field.all(member.getValue()));
      }
    }
  }
}
