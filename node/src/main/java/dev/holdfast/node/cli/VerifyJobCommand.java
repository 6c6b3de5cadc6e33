package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify-job",
    description = "Verify jobs: what reads snapshots back by itself, and how it went.")
final class VerifyJobCommand {
  private static final String ID = "As `verify-job list` shows it.";

  private static final List<String> DELETABLE =
      List.of(
          "schedule",
          "ns",
          "max-depth",
          "ignore-verified",
          "outdated-after",
          "read-threads",
          "verify-threads",
          "comment");

  private final StoreJobCalls calls;

  VerifyJobCommand(Terminal terminal) {
    this.calls = new StoreJobCalls(terminal, "verify", DELETABLE);
  }

  /** What only verify jobs have. */
  private static final class Options {
    @Mixin private StoreJobOptions common = new StoreJobOptions();

    @Option(
        names = "--ignore-verified",
        arity = "0..1",
        paramLabel = "true|false",
        fallbackValue = "true",
        description = "Leave out what has a result; default: true.")
    private @Nullable Boolean ignoreVerified;

    @Option(
        names = "--outdated-after",
        paramLabel = "DAYS",
        description = "Results older than this do not count; never if not given.")
    private @Nullable Integer outdatedAfter;

    @Option(names = "--read-threads", paramLabel = "N", description = "1 to 32.")
    private @Nullable Integer readThreads;

    @Option(names = "--verify-threads", paramLabel = "N", description = "1 to 32.")
    private @Nullable Integer verifyThreads;

    ObjectNode body() {
      ObjectNode body = NodeConnection.object();
      common.putInto(body);
      Given.put(body, "ignore-verified", ignoreVerified);
      Given.put(body, "outdated-after", outdatedAfter);
      Given.put(body, "read-threads", readThreads);
      Given.put(body, "verify-threads", verifyThreads);
      return body;
    }
  }

  @Command(name = "list", description = "List the verify jobs, with their last runs.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    return calls.list(connection, output);
  }

  @Command(name = "show", description = "Show a verify job.")
  int show(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id)
      throws Exception {
    return calls.show(connection, output, id);
  }

  @Command(name = "create", description = "Create a verify job: it needs a datastore.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = "A new name.")
          String id,
      @Mixin Options options)
      throws Exception {
    return calls.create(connection, id, options.body());
  }

  @Command(name = "update", description = "Change a verify job; what is not given stays.")
  int update(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id,
      @Mixin Options options,
      @Option(
              names = "--delete",
              paramLabel = "NAME",
              split = ",",
              description = "Take this away, such as `schedule`.")
          @Nullable List<String> delete)
      throws Exception {
    return calls.update(connection, id, options.body(), delete);
  }

  @Command(name = "remove", description = "Remove a verify job.")
  int remove(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id)
      throws Exception {
    return calls.remove(connection, id);
  }

  @Command(name = "run", description = "Run a verify job now and follow it; fails when it fails.")
  int run(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "ID", converter = Checks.JobName.class, description = ID) String id,
      @Option(names = "--no-wait", description = "Only start it, and print its task.")
          boolean startOnly)
      throws Exception {
    return calls.run(connection, id, startOnly);
  }
}
