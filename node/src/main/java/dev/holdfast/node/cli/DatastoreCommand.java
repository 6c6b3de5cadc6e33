package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "datastore", description = "Datastores of a node.")
final class DatastoreCommand {
  private final Terminal terminal;

  DatastoreCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the datastores that you may see.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(Field.text("store"), Field.text("comment"), Field.text("maintenance"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/admin/datastore"), fields));
  }

  @Command(
      name = "create",
      description = "Create a datastore in an empty directory, or adopt the one that is there.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME") DatastoreName name,
      @Parameters(paramLabel = "PATH", description = "Directory on the node's machine.") Path path,
      @Option(names = "--comment", paramLabel = "TEXT", description = "One line.")
          @Nullable String comment)
      throws Exception {
    ObjectNode body =
        NodeConnection.object()
            .put("name", name.text())
            .put("path", path.toAbsolutePath().normalize().toString());
    if (comment != null) {
      body.put("comment", comment);
    }
    return connection.run(
        terminal,
        node -> {
          var unused = node.post("/config/datastore", body);
          terminal.line("created datastore " + name);
        });
  }
}
