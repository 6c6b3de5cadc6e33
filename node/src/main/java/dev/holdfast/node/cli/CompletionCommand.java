package dev.holdfast.node.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "completion",
    description = {
      "Print a script that makes a shell complete commands and options.",
      "For bash: source <(holdfast completion bash); the same line for zsh, with zsh."
    })
final class CompletionCommand implements Callable<Integer> {
  /** Shells that there is a script for. */
  enum Shell {
    bash,
    zsh
  }

  private final Terminal terminal;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
  private Shell shell = Shell.bash;

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (shell == Shell.zsh) {
      terminal.line("autoload -U +X compinit && compinit");
    }
    terminal.out().print(AutoComplete.bash("holdfast", Main.everything(terminal)));
    return ExitCode.OK.number();
  }
}
