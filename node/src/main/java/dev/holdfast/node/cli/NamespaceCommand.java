package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.cli.Table.Align;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "namespace",
    description = "Namespaces of a datastore.",
    subcommands = NamespaceUsageCommand.class)
final class NamespaceCommand {
  private final Terminal terminal;

  NamespaceCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the namespaces that you may see.")
  int list(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(arity = "0..1", paramLabel = "NAMESPACE", description = "Only those below it.")
          @Nullable Namespace above,
      @Option(
              names = "--max-depth",
              paramLabel = "N",
              description = "Levels below it, 0 for itself; default: all.")
          @Nullable Integer maxDepth)
      throws Exception {
    Map<String, String> query = new TreeMap<>();
    if (above != null && !above.isRoot()) {
      query.put("parent", above.toString());
    }
    if (maxDepth != null) {
      query.put("max-depth", maxDepth.toString());
    }
    List<Field> fields =
        List.of(
            Field.of("namespace", Align.LEFT, NamespaceCommand::shown),
            Field.of("hold", Align.RIGHT, NamespaceCommand::hold));
    return connection.run(
        terminal,
        node -> output.print(terminal, node.get(node.storePath("/namespace"), query), fields));
  }

  static String shown(JsonNode row) {
    return shown(row, "ns");
  }

  /** A namespace that a field of a row names. */
  static String shown(JsonNode row, String field) {
    String name = row.path(field).asText();
    return name.isEmpty() ? "(root)" : name;
  }

  private static String hold(JsonNode row) {
    long seconds = row.path("hold").asLong();
    return seconds == 0 ? "" : Holds.shown(Duration.ofSeconds(seconds));
  }

  @Command(name = "create", description = "Create a namespace.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAMESPACE") Namespace namespace,
      @Option(
              names = "--parents",
              description = "Also those above it, where missing; fine if it is there.")
          boolean parents)
      throws Exception {
    requireName(namespace);
    return connection.run(
        terminal,
        node -> {
          for (Namespace each : parents ? missing(node, namespace) : List.of(namespace)) {
            make(node, each);
            terminal.line("created namespace " + each);
          }
        });
  }

  /** From the outermost to the one that is wanted; those that are there are left out. */
  private static Iterable<Namespace> missing(NodeConnection node, Namespace wanted) {
    Set<String> there = new HashSet<>();
    node.get(node.storePath("/namespace")).forEach(row -> there.add(row.path("ns").asText()));
    Deque<Namespace> missing = new ArrayDeque<>();
    for (Namespace n = wanted; n != null && !n.isRoot(); n = n.parent()) {
      if (!there.contains(n.toString())) {
        missing.push(n);
      }
    }
    return missing;
  }

  private static void make(NodeConnection node, Namespace namespace) {
    ObjectNode body = NodeConnection.object().put("name", namespace.components().getLast());
    Namespace parent = namespace.parent();
    if (parent != null && !parent.isRoot()) {
      body.put("parent", parent.toString());
    }
    var unused = node.post(node.storePath("/namespace"), body);
  }

  @Command(name = "delete", description = "Delete an empty namespace.")
  int delete(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAMESPACE") Namespace namespace,
      @Option(
              names = "--delete-groups",
              description = "Also its backups, and the namespaces below it with theirs.")
          boolean deleteGroups)
      throws Exception {
    requireName(namespace);
    return connection.run(
        terminal,
        node -> {
          Map<String, String> query = NodeConnection.query(namespace);
          if (deleteGroups) {
            query.put("delete-groups", "true");
          }
          node.delete(node.storePath("/namespace"), query);
          terminal.line("deleted namespace " + namespace);
        });
  }

  private static void requireName(Namespace namespace) {
    if (namespace.isRoot()) {
      throw new UsageException("the root namespace is always there", "Name one below it.");
    }
  }
}
