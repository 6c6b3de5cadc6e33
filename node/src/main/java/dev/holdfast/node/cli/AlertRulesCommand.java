package dev.holdfast.node.cli;

import dev.holdfast.node.metrics.AlertRules;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "alert-rules",
    description = "Print alert rules for a Prometheus that watches nodes by /metrics.")
final class AlertRulesCommand implements Callable<Integer> {
  private final Terminal terminal;

  AlertRulesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    terminal.out().print(AlertRules.text());
    return ExitCode.OK.number();
  }
}
