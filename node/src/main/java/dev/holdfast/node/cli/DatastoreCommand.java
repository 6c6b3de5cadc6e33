package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.adopt.DatastoreInspection;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
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

  @Command(name = "create", description = "Create a datastore in a directory that has none.")
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

  @Command(
      name = "adopt",
      description = {
        "Take over a datastore that another server has made, as it is.",
        "Looks at it first: directories, owners, manifests, and a sample of indexes with their"
            + " chunks. Nothing in it is changed; the other server must not use it any more."
      })
  int adopt(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "PATH", description = "Directory on this machine.") Path path,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "Name of the datastore; default: that of the directory.")
          @Nullable DatastoreName name,
      @Option(names = "--dry-run", description = "Look, and do no more.") boolean dryRun,
      @Option(names = "--force", description = "Take it over in spite of what the look found.")
          boolean force)
      throws Exception {
    Path absolute = path.toAbsolutePath().normalize();
    DatastoreName chosen =
        name == null ? new DatastoreName(String.valueOf(absolute.getFileName())) : name;
    DatastoreInspection found =
        DatastoreInspection.of(
            chosen, absolute, new LocalFiles(), InstantSource.system(), new SecureRandom());
    tell(found);
    if (dryRun) {
      return found.problems().isEmpty() ? ExitCode.OK.number() : ExitCode.FAILED.number();
    }
    if (!found.problems().isEmpty() && !force) {
      throw new BackupException(
              BackupException.Kind.CORRUPT_DATA, "'" + absolute + "' was not taken over")
          .advise("Mend what the look found, or add --force.");
    }
    ObjectNode body =
        NodeConnection.object()
            .put("name", chosen.text())
            .put("path", absolute.toString())
            .put("reuse-datastore", true);
    return connection.run(
        terminal,
        node -> {
          var unused = node.post("/config/datastore", body);
          terminal.line("took over datastore " + chosen);
        });
  }

  private void tell(DatastoreInspection found) {
    terminal.line(
        "namespaces: "
            + found.namespaces()
            + ", groups: "
            + found.groups()
            + ", snapshots: "
            + found.snapshots()
            + ", of these unfinished: "
            + found.unfinished());
    terminal.line(
        "chunk directories: "
            + found.chunkDirectories()
            + ", indexes read: "
            + found.indexes()
            + ", chunks of these missing: "
            + found.chunksMissing());
    found.problems().forEach(problem -> terminal.message("problem: " + problem));
  }
}
