package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.node.NodeVersion;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "version",
    description = "Print the version of this program, and of the node if one is named.")
final class VersionCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    terminal.line("holdfast " + NodeVersion.text());
    if (!connection.isNamed(terminal)) {
      return ExitCode.OK.number();
    }
    return connection.run(
        terminal,
        node -> {
          JsonNode version = node.get("/version");
          terminal.line(
              "node "
                  + node.node()
                  + ": Proxmox Backup protocols of "
                  + version.path("version").asText()
                  + "."
                  + version.path("release").asText());
        });
  }
}
