package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.peer.SecondFactor;
import java.io.Console;
import java.util.Optional;
import java.util.Set;

/**
 * Where a password or token secret comes from (spec/protocols.md §1.5): the environment, then the
 * terminal. Never from the command line, which every user of the machine can read.
 */
final class Passwords {
  static final String VARIABLE = "PBS_PASSWORD";
  private static final String CREDENTIAL = "password";

  private static final String CODE = "totp";
  private static final String RECOVERY = "recovery";

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

  /**
   * Asks for the second factor of a login: the code of an app, or a recovery key. Throws
   * UNAUTHENTICATED when nobody can be asked, or only a browser could answer.
   */
  static Secret askSecond(Terminal terminal, AuthId who, Set<String> offered) {
    Console console = terminal.screen() ? System.console() : null;
    if (console == null || !(offered.contains(CODE) || offered.contains(RECOVERY))) {
      return SecondFactor.NOBODY.answer(who, offered);
    }
    String wanted =
        offered.contains(CODE)
            ? offered.contains(RECOVERY) ? "Code or recovery key" : "Code"
            : "Recovery key";
    char[] typed = console.readPassword("%s for %s: ", wanted, who);
    return response(typed == null ? "" : new String(typed).strip());
  }

  /** Codes are digits, recovery keys have dashes. */
  static Secret response(String typed) {
    return new Secret((typed.contains("-") ? RECOVERY : CODE) + ":" + typed);
  }
}
