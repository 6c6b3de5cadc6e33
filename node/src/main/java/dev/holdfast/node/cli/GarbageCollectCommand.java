package dev.holdfast.node.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "garbage-collect",
    description = {
      "Remove the chunks of a datastore that no snapshot needs any more.",
      "Those that were in use during the last day stay until the next time."
    })
final class GarbageCollectCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Option(names = "--no-wait", description = "Only start it, and print its task.")
  private boolean startOnly;

  @Option(names = "--dry-run", description = "Only tell what would be removed, and why.")
  private boolean dryRun;

  GarbageCollectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    return connection.run(
        terminal,
        node -> {
          String upid =
              node.post(node.storePath("/gc"), NodeConnection.object().put("dry-run", dryRun))
                  .asText();
          TaskFollower.follow(terminal, node, upid, startOnly);
        });
  }
}
