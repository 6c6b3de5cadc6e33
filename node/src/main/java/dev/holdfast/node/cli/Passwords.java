package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a password or token secret comes from (spec/protocols.md §1.5): the variables in their
 * order, then the terminal. Never from the command line, which every user of the machine can read.
 */
final class Passwords {
  static final String VARIABLE = "PBS_PASSWORD";
  private static final String DESCRIPTOR_SUFFIX = "_FD";
  private static final String FILE_SUFFIX = "_FILE";

  /** As long as a node accepts; the rest of a wrong file stays unread. */
  private static final int LENGTH_MAX = 4096;

  private Passwords() {}

  /** The secret of {@code who}; UNAUTHENTICATED when there is none. */
  static Secret find(Terminal terminal, AuthId who) {
    return fromEnvironment(terminal, VARIABLE)
        .or(() -> ask(terminal, who))
        .orElseThrow(
            () ->
                new BackupException(
                        Kind.UNAUTHENTICATED,
                        "no " + (who.isToken() ? "secret" : "password") + " for '" + who + "'")
                    .advise("Set PBS_PASSWORD_FILE to a file that holds it, or PBS_PASSWORD."));
  }

  private static Optional<Secret> fromEnvironment(Terminal terminal, String variable) {
    return terminal
        .variable(variable)
        .map(Secret::new)
        .or(
            () ->
                terminal
                    .variable(variable + DESCRIPTOR_SUFFIX)
                    .map(fd -> read(variable + DESCRIPTOR_SUFFIX, Path.of("/dev/fd", fd))))
        .or(
            () ->
                terminal
                    .variable(variable + FILE_SUFFIX)
                    .map(file -> read(variable + FILE_SUFFIX, Path.of(file))));
  }

  /** The first line. */
  static Secret read(String variable, Path file) {
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      StringBuilder line = new StringBuilder();
      for (int c = reader.read(); c >= 0 && c != '\n'; c = reader.read()) {
        if (line.length() == LENGTH_MAX) {
          throw BackupException.invalid(
              "the first line of '" + file + "' (" + variable + ") is longer than " + LENGTH_MAX);
        }
        line.append((char) c);
      }
      String secret = line.toString().stripTrailing();
      if (secret.isEmpty()) {
        throw BackupException.invalid("'" + file + "' (" + variable + ") is empty");
      }
      return new Secret(secret);
    } catch (IOException e) {
      throw new BackupException(
          Kind.UNAUTHENTICATED,
          "cannot read '" + file + "' (" + variable + "): " + e.getClass().getSimpleName(),
          e);
    }
  }

  private static Optional<Secret> ask(Terminal terminal, AuthId who) {
    Console console = terminal.screen() ? System.console() : null;
    if (console == null) {
      return Optional.empty();
    }
    char[] typed = console.readPassword("Password for %s: ", who);
    return typed == null || typed.length == 0
        ? Optional.empty()
        : Optional.of(new Secret(new String(typed)));
  }
}
