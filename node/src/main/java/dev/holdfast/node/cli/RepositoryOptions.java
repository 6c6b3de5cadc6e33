package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Which datastore of which node, as a whole or in parts: the command line's parts over the
 * environment's, or else {@code $PBS_REPOSITORY} (spec/protocols.md §1.5).
 */
final class RepositoryOptions {
  private static final String VARIABLE = "PBS_REPOSITORY";
  private static final String DATASTORE_VARIABLE = "PBS_DATASTORE";
  private static final String CREDENTIAL = "repository";

  @Option(
      names = "--repository",
      paramLabel = "REPOSITORY",
      description = {
        "[[USER@REALM[!TOKEN]@]HOST[:PORT]:]DATASTORE; default: $PBS_REPOSITORY.",
        "With --state just the datastore."
      })
  private @Nullable Repository repository;

  @Option(
      names = "--server",
      paramLabel = "HOST",
      description = "Part of a repository; default: $PBS_SERVER, else localhost.")
  private @Nullable String server;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Part of a repository; default: $PBS_PORT, else 8007.")
  private @Nullable Integer port;

  @Option(
      names = "--datastore",
      paramLabel = "DATASTORE",
      description = "Part of a repository; default: $PBS_DATASTORE.")
  private @Nullable DatastoreName datastore;

  /**
   * Throws a usage error when there is none, or the parts make none.
   *
   * @param auth what the command line says of it, null = nothing
   */
  Repository resolve(Terminal terminal, @Nullable AuthId auth) {
    if (repository != null) {
      if (hasParts(auth)) {
        throw new UsageException(
            "--repository is the whole of what --server, --port, --datastore and --auth-id are"
                + " parts of",
            "Give the one or the others.");
      }
      return repository;
    }
    if (hasParts(auth)) {
      return parts(terminal, auth);
    }
    String whole =
        terminal
            .variable(VARIABLE)
            .or(() -> Variables.credential(terminal, CREDENTIAL).map(secret -> secret.reveal()))
            .orElse(null);
    return whole == null ? parts(terminal, auth) : checked(VARIABLE, whole, Repository::parse);
  }

  /** Whether the command line or the environment says any. */
  boolean isNamed(Terminal terminal) {
    return repository != null
        || datastore != null
        || terminal.variable(VARIABLE).isPresent()
        || terminal.variable(DATASTORE_VARIABLE).isPresent();
  }

  /** With {@code --state}: only the datastore is free to be said. */
  @Nullable DatastoreName localDatastore(@Nullable AuthId auth) {
    Repository named = repository;
    boolean otherNode = (named != null && named.namesNode()) || server != null || port != null;
    if (otherNode || auth != null) {
      throw new UsageException(
          "--state names a node, and so do"
              + (named == null ? " --server, --port and --auth-id" : " --repository " + named),
          "With --state give just the datastore.");
    }
    return named == null ? datastore : named.datastore();
  }

  private boolean hasParts(@Nullable AuthId auth) {
    return server != null || port != null || datastore != null || auth != null;
  }

  private Repository parts(Terminal terminal, @Nullable AuthId auth) {
    DatastoreName store = part(terminal, datastore, DATASTORE_VARIABLE, DatastoreName::new);
    if (store == null) {
      throw new UsageException(
          hasParts(auth) ? "no datastore was named" : "no node was named",
          "Give --state DIR, or --repository or $" + VARIABLE + ".");
    }
    return new Repository(
        part(terminal, auth, "PBS_AUTH_ID", AuthId::parse),
        part(terminal, server, "PBS_SERVER", host -> host.replaceAll("^\\[|]$", "")),
        part(terminal, port, "PBS_PORT", RepositoryOptions::number),
        store);
  }

  private static <T> @Nullable T part(
      Terminal terminal, @Nullable T given, String variable, Function<String, T> parse) {
    String text = given == null ? terminal.variable(variable).orElse(null) : null;
    return text == null ? given : checked(variable, text, parse);
  }

  private static Integer number(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw BackupException.invalid("'" + text + "' is no port");
    }
  }

  /** What is wrong with a variable is a usage error that names it. */
  static <T> T checked(String variable, String text, Function<String, T> parse) {
    try {
      return parse.apply(text);
    } catch (BackupException e) {
      throw new UsageException("$" + variable + ": " + e.text(), null);
    }
  }
}
