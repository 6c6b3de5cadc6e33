package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "acl", description = "Who may do what, and where.")
final class AclCommand {
  private final Terminal terminal;

  AclCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the access control list.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("ugid"),
            Field.text("path"),
            Field.of(
                "propagate", Align.LEFT, row -> row.path("propagate").asBoolean(true) ? "yes" : ""),
            Field.text("roleid"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/access/acl"), fields));
  }

  @Command(name = "roles", description = "List the roles with their privileges.")
  int roles(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields = List.of(Field.text("roleid"), Field.text("privs"), Field.text("comment"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/access/roles"), fields));
  }

  @Command(name = "update", description = "Give a role on a path, or take it away.")
  int update(
      @Mixin NodeChoice connection,
      @Parameters(paramLabel = "PATH", description = "e.g. /datastore/main/site-a") String path,
      @Parameters(paramLabel = "ROLE", description = "e.g. DatastoreReader") String role,
      @Option(
              names = "--auth-id",
              paramLabel = "ID",
              required = true,
              description = "User or token; may be given several times.")
          List<AuthId> ids,
      @Option(names = "--delete", description = "Take the role away.") boolean delete,
      @Option(names = "--no-propagate", description = "Not for what is below the path.")
          boolean notBelow)
      throws Exception {
    String names = ids.stream().map(AuthId::toString).collect(Collectors.joining(", "));
    return connection.run(
        terminal,
        node -> {
          for (AuthId id : ids) {
            ObjectNode body =
                NodeConnection.object()
                    .put("path", path)
                    .put("role", role)
                    .put("auth-id", id.toString());
            if (delete) {
              body.put("delete", true);
            } else {
              body.put("propagate", !notBelow);
            }
            var unused = node.put("/access/acl", body);
          }
          terminal.line(
              delete
                  ? "took " + role + " on " + path + " from " + names
                  : "gave " + role + " on " + path + " to " + names);
        });
  }
}
