package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.model.AuthId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A node and who we are there; for all commands but those whose {@code --auth-id} is another's. */
final class ConnectionOptions extends NodeChoice {
  @Option(
      names = "--auth-id",
      paramLabel = "USER@REALM[!TOKEN]",
      description = "Part of a repository; default: $PBS_AUTH_ID, else root@pam.")
  private @Nullable AuthId auth;

  @Override
  @Nullable AuthId auth() {
    return auth;
  }
}
