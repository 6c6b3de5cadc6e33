package dev.holdfast.node.cli;

import dev.holdfast.node.NodeVersion;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "version", description = "Print the version of this program.")
final class VersionCommand implements Callable<Integer> {
  private final Terminal terminal;

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    terminal.line("holdfast " + NodeVersion.text());
    return ExitCode.OK.number();
  }
}
