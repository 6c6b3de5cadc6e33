package dev.holdfast.node.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "logout", description = "Forget the ticket of a login.")
final class LogoutCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  LogoutCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Repository repository = connection.repository(terminal);
    boolean found =
        new TicketCache(terminal).remove(repository.address().host(), repository.authOrDefault());
    if (!found) {
      terminal.message("there was no ticket of " + repository.authOrDefault());
    }
    return ExitCode.OK.number();
  }
}
