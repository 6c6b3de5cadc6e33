package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "realm", description = "Where users come from.")
final class RealmCommand {
  private final Terminal terminal;

  RealmCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the realms.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("realm"),
            Field.text("type"),
            Field.of("default", Align.LEFT, row -> row.path("default").asBoolean() ? "yes" : ""),
            Field.text("comment"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/access/domains"), fields));
  }

  @Command(
      name = "sync",
      description = "Bring the users of an LDAP or AD realm here, and follow the task.")
  int sync(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "REALM") String realm,
      @Option(names = "--dry-run", description = "Only tell what would be done.") boolean dryRun,
      @Option(
              names = "--remove-vanished",
              paramLabel = "acl;entry;properties",
              description = "What goes here when it has gone there; default: as configured.")
          @Nullable String removeVanished)
      throws Exception {
    ObjectNode body = NodeConnection.object().put("dry-run", dryRun);
    if (removeVanished != null) {
      body.put("remove-vanished", removeVanished);
    }
    return connection.run(
        terminal,
        node -> {
          String path = "/access/domains/" + NodeConnection.segment(realm) + "/sync";
          new TaskFollower(terminal, node, node.post(path, body).asText()).toTheEnd();
        });
  }
}
