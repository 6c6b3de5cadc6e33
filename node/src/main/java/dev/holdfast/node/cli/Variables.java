package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A value that the environment gives in one of the real client's ways (spec/protocols.md §1.5), in
 * this order: the variable itself, a descriptor ({@code _FD}), a file ({@code _FILE}) or a command
 * ({@code _CMD}) of which the first line counts, and a credential of the service manager.
 */
final class Variables {
  private static final String DESCRIPTOR_SUFFIX = "_FD";
  private static final String FILE_SUFFIX = "_FILE";
  private static final String COMMAND_SUFFIX = "_CMD";
  private static final String CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY";
  private static final String CREDENTIAL_PREFIX = "proxmox-backup-client.";

  /** As long as a node accepts; the rest of a wrong file stays unread. */
  private static final int LENGTH_MAX = 4096;

  private Variables() {}

  /**
   * Empty when nothing gives it; what is given and cannot be read is an error that names it.
   *
   * @param credential the name that the service manager knows it by
   */
  static Optional<Secret> find(Terminal terminal, String variable, String credential) {
    return terminal
        .variable(variable)
        .map(Secret::new)
        .or(() -> descriptor(terminal, variable + DESCRIPTOR_SUFFIX))
        .or(
            () ->
                terminal
                    .variable(variable + FILE_SUFFIX)
                    .map(file -> read(variable + FILE_SUFFIX, Path.of(file))))
        .or(
            () ->
                terminal
                    .variable(variable + COMMAND_SUFFIX)
                    .map(command -> run(variable + COMMAND_SUFFIX, command)))
        .or(() -> credential(terminal, credential));
  }

  private static Optional<Secret> descriptor(Terminal terminal, String variable) {
    return terminal.variable(variable).map(number -> read(variable, Path.of("/dev/fd", number)));
  }

  static Optional<Secret> credential(Terminal terminal, String name) {
    return terminal
        .variable(CREDENTIALS_DIRECTORY)
        .map(directory -> Path.of(directory, CREDENTIAL_PREFIX + name))
        .filter(Files::exists)
        .map(file -> read("$" + CREDENTIALS_DIRECTORY, file));
  }

  /** The first line. */
  static Secret read(String variable, Path file) {
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      return firstLine(reader, "'" + file + "' (" + variable + ")");
    } catch (IOException e) {
      throw new BackupException(
          Kind.UNAUTHENTICATED,
          "cannot read '" + file + "' (" + variable + "): " + e.getClass().getSimpleName(),
          e);
    }
  }

  private static Secret firstLine(Reader reader, String source) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = reader.read(); c >= 0 && c != '\n'; c = reader.read()) {
      if (line.length() == LENGTH_MAX) {
        throw BackupException.invalid(
            "the first line of " + source + " is longer than " + LENGTH_MAX);
      }
      line.append((char) c);
    }
    String secret = line.toString().stripTrailing();
    if (secret.isEmpty()) {
      throw BackupException.invalid(source + " is empty");
    }
    return new Secret(secret);
  }

  private static Secret run(String variable, String command) {
    List<String> words = ExternalCommand.words(command, "$" + variable);
    try {
      Process process = ExternalCommand.start(words);
      Optional<Secret> found = output(process, variable);
      int code = process.waitFor();
      if (code != 0) {
        throw new BackupException(
            Kind.UNAUTHENTICATED,
            "'" + words.getFirst() + "' ($" + variable + ") ended with " + code);
      }
      return found.orElseThrow(
          () ->
              BackupException.invalid(
                  "'" + words.getFirst() + "' ($" + variable + ") printed nothing"));
    } catch (IOException e) {
      throw new BackupException(
          Kind.UNAUTHENTICATED,
          "cannot run '" + words.getFirst() + "' ($" + variable + "): " + e.getMessage(),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(
          Kind.CANCELLED, "interrupted while waiting for '" + words.getFirst() + "'", e);
    }
  }

  /** All of it is read, so that the command can end. */
  private static Optional<Secret> output(Process process, String variable) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      reader.mark(1);
      if (reader.read() < 0) {
        return Optional.empty();
      }
      reader.reset();
      Secret secret = firstLine(reader, "the output of $" + variable);
      reader.transferTo(Writer.nullWriter());
      return Optional.of(secret);
    }
  }
}
