package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.wire.TransferRate;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The two ways to a node: {@code --state}, the administrator of a state directory on this machine,
 * or a repository with the real client's variables (spec/protocols.md §1.5).
 */
class NodeChoice {
  /** What a command does with a node. */
  @FunctionalInterface
  interface Use {
    void with(NodeConnection node) throws Exception;
  }

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Talk to the running node of this state directory, as its administrator.")
  private @Nullable Path state;

  @Mixin private RepositoryOptions repository = new RepositoryOptions();

  @Option(
      names = "--fingerprint",
      paramLabel = "SHA-256",
      description = "The node's certificate; default: $PBS_FINGERPRINT, else one accepted before.")
  private @Nullable Fingerprint fingerprint;

  /** Who the command line says we are, null = nothing. */
  @Nullable AuthId auth() {
    return null;
  }

  /** Runs with a connection, which is closed afterwards. */
  int run(Terminal terminal, Use use) throws Exception {
    return run(terminal, TransferRate.UNLIMITED, use);
  }

  /**
   * @param rate of each session
   */
  int run(Terminal terminal, TransferRate rate, Use use) throws Exception {
    if (state == null) {
      new RemoteAccess(terminal, repository.resolve(terminal, auth()), rate).run(fingerprint, use);
    } else {
      local(state, rate, use);
    }
    return ExitCode.OK.number();
  }

  private void local(Path directory, TransferRate rate, Use use) throws Exception {
    DatastoreName datastore = repository.localDatastore(auth());
    LocalNode local = LocalNode.find(directory);
    try (NodeConnection node = local.connect(datastore, rate)) {
      use.with(node);
    } catch (BackupException e) {
      throw e.kind() == Kind.PEER_UNREACHABLE ? local.notRunning(e) : e;
    }
  }

  /** Whether the command line or the environment says which. */
  boolean isNamed(Terminal terminal) {
    return state != null || repository.isNamed(terminal);
  }

  /**
   * The caller's password, for calls that want it shown again; empty for the administrator of a
   * state directory, who needs none.
   */
  Optional<Secret> password(Terminal terminal) {
    if (state != null) {
      return Optional.empty();
    }
    AuthId who = repository.resolve(terminal, auth()).authOrDefault();
    return Optional.of(
        Passwords.fromEnvironment(terminal)
            .filter(given -> !who.isToken())
            .orElseGet(() -> Passwords.ask(terminal, who.owner())));
  }

  /** Of the node that is called, without calling it; a usage error with {@code --state}. */
  Repository repository(Terminal terminal) {
    if (state != null) {
      throw new UsageException(
          "--state needs no login", "Name the node with --repository or $PBS_REPOSITORY.");
    }
    return repository.resolve(terminal, auth());
  }
}
