package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "prune-job",
    description = "Prune jobs: what removes old snapshots by itself, and how it went.")
final class PruneJobCommand {
  private static final String ID = "As `prune-job list` shows it.";

  private static final List<String> DELETABLE =
      List.of(
          "ns",
          "max-depth",
          "disable",
          "comment",
          "keep-last",
          "keep-hourly",
          "keep-daily",
          "keep-weekly",
          "keep-monthly",
          "keep-yearly");

  private final StoreJobCalls calls;

  PruneJobCommand(Terminal terminal) {
    this.calls = new StoreJobCalls(terminal, "prune", DELETABLE);
  }

  /** What only prune jobs have. */
  private static final class Options {
    @Mixin private StoreJobOptions common = new StoreJobOptions();
    @Mixin private KeepOptions keep = new KeepOptions();

    @Option(
        names = "--disable",
        arity = "0..1",
        paramLabel = "true|false",
        fallbackValue = "true",
        description = "It runs only when somebody asks.")
    private @Nullable Boolean disable;

    ObjectNode body() {
      ObjectNode body = NodeConnection.object();
      common.putInto(body);
      keep.putInto(body);
      Given.put(body, "disable", disable);
      return body;
    }
  }

  @Command(name = "list", description = "List the prune jobs, with their last runs.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    return calls.list(connection, output);
  }

  @Command(name = "show", description = "Show a prune job.")
  int show(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id)
      throws Exception {
    return calls.show(connection, output, id);
  }

  @Command(
      name = "create",
      description = "Create a prune job: it needs a datastore, a schedule, and what to keep.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = "A new name.")
          String id,
      @Mixin Options options)
      throws Exception {
    return calls.create(connection, id, options.body());
  }

  @Command(name = "update", description = "Change a prune job; what is not given stays.")
  int update(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id,
      @Mixin Options options,
      @Option(
              names = "--delete",
              paramLabel = "NAME",
              split = ",",
              description = "Take this away, such as `keep-weekly`.")
          @Nullable List<String> delete)
      throws Exception {
    return calls.update(connection, id, options.body(), delete);
  }

  @Command(name = "remove", description = "Remove a prune job.")
  int remove(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id)
      throws Exception {
    return calls.remove(connection, id);
  }

  @Command(name = "run", description = "Run a prune job now and follow it; fails when it fails.")
  int run(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id,
      @Option(names = "--no-wait", description = "Only start it, and print its task.")
          boolean startOnly)
      throws Exception {
    return calls.run(connection, id, startOnly);
  }
}
