package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "peer", description = "The other sites of the mesh.")
final class PeerCommand {
  private final Terminal terminal;

  PeerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the configured peers and the links to them.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    return connection.run(
        terminal,
        node -> {
          JsonNode peers = node.get("/mesh/peers");
          output.print(terminal, peers, Field.all(peers));
        });
  }
}
