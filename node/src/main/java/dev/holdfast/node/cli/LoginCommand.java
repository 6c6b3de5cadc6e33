package dev.holdfast.node.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "login",
    description = {
      "Log in, so that the next commands need no password.",
      "The ticket lasts two hours and is renewed by use; it is kept in $XDG_RUNTIME_DIR, where"
          + " proxmox-backup-client finds it too."
    })
final class LoginCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  LoginCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Repository repository = connection.repository(terminal);
    if (repository.authOrDefault().isToken()) {
      throw new UsageException("an API token needs no login", null);
    }
    if (ClientFiles.runtime(terminal, "tickets").isEmpty()) {
      throw new UsageException(
          "there is nowhere to keep a ticket",
          "Set $XDG_RUNTIME_DIR to a directory of mode 0700, or give the password each time.");
    }
    return connection.run(terminal, node -> node.node().logIn());
  }
}
