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
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "datastore", description = "Datastores of a node.")
final class DatastoreCommand {
  private static final List<String> DELETABLE =
      List.of(
          "comment",
          "gc-schedule",
          "verify-new",
          "notify-user",
          "notify",
          "notification-mode",
          "tuning",
          "maintenance-mode");

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
    Given.put(body, "comment", comment);
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

  @Command(name = "show", description = "Show the configuration of a datastore.")
  int show(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "NAME") DatastoreName name)
      throws Exception {
    return connection.run(terminal, node -> output.properties(terminal, node.get(config(name))));
  }

  /** What can be changed of a datastore. */
  private static final class Settings {
    @Option(names = "--comment", paramLabel = "TEXT", description = "One line.")
    private @Nullable String comment;

    @Option(
        names = "--gc-schedule",
        paramLabel = "EVENT",
        description = "When garbage is collected, such as `daily` or `sat 18:15`.")
    private @Nullable String collectionSchedule;

    @Option(
        names = "--verify-new",
        arity = "0..1",
        paramLabel = "true|false",
        fallbackValue = "true",
        description = "Verify each backup as soon as it is finished.")
    private @Nullable Boolean verifyNew;

    @Option(
        names = "--maintenance-mode",
        paramLabel = "MODE",
        description = {
          "read-only: nothing new is written. offline: nobody uses it, so that its disk can be",
          "taken out once `datastore operations` shows none. What runs goes on to its end.",
          "As `offline,message=\"new disk\"` with a reason of at most 64 characters."
        })
    private @Nullable String maintenance;

    @Option(names = "--tuning", paramLabel = "KEY=VALUE,…", description = "As PBS has it.")
    private @Nullable String tuning;

    ObjectNode body() {
      ObjectNode body = NodeConnection.object();
      Given.put(body, "comment", comment);
      Given.put(body, "gc-schedule", collectionSchedule);
      Given.put(body, "maintenance-mode", maintenance);
      Given.put(body, "tuning", tuning);
      Given.put(body, "verify-new", verifyNew);
      return body;
    }
  }

  @Command(name = "update", description = "Change a datastore; what is not given stays.")
  int update(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME") DatastoreName name,
      @Mixin Settings settings,
      @Option(
              names = "--delete",
              paramLabel = "PROPERTY",
              split = ",",
              description = "Take this away, such as `maintenance-mode`.")
          @Nullable List<String> delete)
      throws Exception {
    Checks.requireDeletable(delete, DELETABLE);
    ObjectNode body = settings.body();
    Given.put(body, "delete", delete);
    return connection.run(
        terminal,
        node -> {
          var unused = node.put(config(name), body);
          terminal.line("updated datastore " + name);
        });
  }

  @Command(
      name = "operations",
      description = "Show how many read and write a datastore now: sessions, tasks, calls.")
  int operations(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "NAME") DatastoreName name)
      throws Exception {
    return connection.run(
        terminal,
        node ->
            output.properties(
                terminal, node.get("/admin/datastore/" + name + "/active-operations")));
  }

  @Command(
      name = "remove",
      description = {
        "Forget a datastore, its jobs and its access control entries; its directory stays.",
        "What runs goes on to its end."
      })
  int remove(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME") DatastoreName name,
      @Option(
              names = "--keep-job-configs",
              description = "Keep its jobs and access control entries.")
          boolean keepJobs,
      @Option(
              names = "--destroy-data",
              description =
                  "Remove all its backups for good, and follow the task. Refused while anybody"
                      + " uses it; can be done again after it broke off.")
          boolean destroy)
      throws Exception {
    Map<String, String> options =
        Map.of(
            "keep-job-configs", Boolean.toString(keepJobs),
            "destroy-data", Boolean.toString(destroy));
    return connection.run(
        terminal,
        node -> {
          String upid = node.deleteInTask(config(name), options);
          if (destroy) {
            new TaskFollower(terminal, node, upid).toTheEnd();
          }
          terminal.line("removed datastore " + name);
        });
  }

  private static String config(DatastoreName name) {
    return "/config/datastore/" + name;
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
