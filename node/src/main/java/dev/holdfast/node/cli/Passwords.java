package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import java.io.Console;
import java.util.Optional;

/**
 * Where a password or token secret comes from (spec/protocols.md §1.5): the environment, then the
 * terminal. Never from the command line, which every user of the machine can read.
 */
final class Passwords {
  static final String VARIABLE = "PBS_PASSWORD";
  private static final String CREDENTIAL = "password";

  private Passwords() {}

  static Optional<Secret> fromEnvironment(Terminal terminal) {
    return Variables.find(terminal, VARIABLE, CREDENTIAL);
  }

  /** Asks for the secret of {@code who}; UNAUTHENTICATED when nobody can be asked. */
  static Secret ask(Terminal terminal, AuthId who) {
    Console console = terminal.screen() ? System.console() : null;
    char[] typed = console == null ? null : console.readPassword("Password for %s: ", who);
    if (typed == null || typed.length == 0) {
      throw new BackupException(
              Kind.UNAUTHENTICATED,
              "no " + (who.isToken() ? "secret" : "password") + " for '" + who + "'")
          .advise("Set PBS_PASSWORD_FILE to a file that holds it, or PBS_PASSWORD.");
    }
    return new Secret(new String(typed));
  }
}
