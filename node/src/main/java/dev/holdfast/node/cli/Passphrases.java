package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.io.Console;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Passphrases of key files, as the real client asks for them (spec/protocols.md §1.5). */
final class Passphrases {
  static final String VARIABLE = "PBS_ENCRYPTION_PASSWORD";
  private static final String CREDENTIAL = "encryption-password";

  private Passphrases() {}

  /** That of a key file: the environment, then the terminal. */
  static Secret ofKey(Terminal terminal) {
    return Variables.find(terminal, VARIABLE, CREDENTIAL)
        .orElseGet(
            () ->
                ask(
                    terminal,
                    "Encryption Key Password: ",
                    "Set " + VARIABLE + "_FILE to a file that holds it, or " + VARIABLE + "."));
  }

  /** That of a master key: only the terminal, unless a file is named. */
  static Secret ofMasterKey(Terminal terminal, @Nullable Path file) {
    return file == null
        ? ask(terminal, "Master Key Password: ", "Give --master-passphrase-file.")
        : Variables.read("--master-passphrase-file", file);
  }

  /**
   * A new one, typed twice, or the first line of a file.
   *
   * @throws BackupException INVALID_INPUT when it is too short or typed differently
   */
  static Secret create(Terminal terminal, String prompt, @Nullable Path file) {
    Secret passphrase;
    if (file == null) {
      String advice = "Name a file that holds it with --new-passphrase-file.";
      passphrase = ask(terminal, prompt, advice);
      if (!passphrase.equals(ask(terminal, "Verify Password: ", advice))) {
        throw BackupException.invalid("Passwords do not match!");
      }
    } else {
      passphrase = Variables.read("--new-passphrase-file", file);
    }
    KeyFile.requireLong(passphrase);
    return passphrase;
  }

  private static Secret ask(Terminal terminal, String prompt, String advice) {
    Console console = terminal.screen() ? System.console() : null;
    char[] typed = console == null ? null : console.readPassword("%s", prompt);
    if (typed == null) {
      throw new BackupException(Kind.UNAUTHENTICATED, "unable to read passphrase - no tty")
          .advise(advice);
    }
    return new Secret(new String(typed));
  }
}
