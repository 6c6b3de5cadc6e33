package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.wire.PinnedTrust;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The two ways to a node: {@code --state}, the administrator of a state directory on this machine,
 * or {@code --repository} with the real client's variables (spec/protocols.md §1.5).
 */
final class ConnectionOptions {
  /** What a command does with a node. */
  @FunctionalInterface
  interface Use {
    void with(NodeConnection node) throws Exception;
  }

  private static final String REPOSITORY_VARIABLE = "PBS_REPOSITORY";
  private static final String FINGERPRINT_VARIABLE = "PBS_FINGERPRINT";

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Talk to the running node of this state directory, as its administrator.")
  private @Nullable Path state;

  @Option(
      names = "--repository",
      paramLabel = "REPOSITORY",
      description = {
        "[[USER@REALM[!TOKEN]@]HOST[:PORT]:]DATASTORE; default: $PBS_REPOSITORY.",
        "With --state just the datastore."
      })
  private @Nullable Repository repository;

  @Option(
      names = "--fingerprint",
      paramLabel = "SHA-256",
      description = "The node's certificate; default: $PBS_FINGERPRINT.")
  private @Nullable Fingerprint fingerprint;

  /** Runs with a connection, which is closed afterwards. */
  int run(Terminal terminal, Use use) throws Exception {
    Path directory = state;
    if (directory == null) {
      try (NodeConnection node = remote(terminal)) {
        use.with(node);
      }
      return ExitCode.OK.number();
    }
    Repository named = repository;
    if (named != null && named.namesNode()) {
      throw new UsageException(
          "--state and --repository " + named + " name two nodes",
          "With --state give just the datastore: --repository " + named.datastore());
    }
    LocalNode local = LocalNode.find(directory);
    try (NodeConnection node = local.connect(named == null ? null : named.datastore())) {
      use.with(node);
    } catch (BackupException e) {
      throw e.kind() == Kind.PEER_UNREACHABLE ? local.notRunning(e) : e;
    }
    return ExitCode.OK.number();
  }

  private NodeConnection remote(Terminal terminal) {
    Repository to = repository == null ? fromEnvironment(terminal) : repository;
    AuthId who = to.authOrDefault();
    Secret secret = Passwords.find(terminal, who);
    Credential credential =
        who.isToken() ? new Credential.Token(who, secret) : new Credential.Password(who, secret);
    return new NodeConnection(to.address(), trust(terminal), credential, to.datastore());
  }

  private static Repository fromEnvironment(Terminal terminal) {
    String text =
        terminal
            .variable(REPOSITORY_VARIABLE)
            .orElseThrow(
                () ->
                    new UsageException(
                        "no node was named",
                        "Give --state DIR, or --repository or $" + REPOSITORY_VARIABLE + "."));
    return fromVariable(REPOSITORY_VARIABLE, () -> Repository.parse(text));
  }

  private PinnedTrust trust(Terminal terminal) {
    Fingerprint pin = fingerprint;
    if (pin == null) {
      String text = terminal.variable(FINGERPRINT_VARIABLE).orElse(null);
      // Without any, the connection is refused with the fingerprint that was found.
      if (text == null) {
        return PinnedTrust.of();
      }
      pin = fromVariable(FINGERPRINT_VARIABLE, () -> Fingerprint.parse(text));
    }
    return PinnedTrust.of(pin);
  }

  private static <T> T fromVariable(String name, Supplier<T> parse) {
    try {
      return parse.get();
    } catch (BackupException e) {
      throw new UsageException("$" + name + ": " + e.text(), null);
    }
  }
}
