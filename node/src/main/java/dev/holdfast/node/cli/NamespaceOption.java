package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.model.Namespace;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --ns}. */
final class NamespaceOption {
  private static final String VARIABLE = "PBS_NAMESPACE";

  @Option(
      names = "--ns",
      paramLabel = "NAMESPACE",
      description = "Namespace; default: $PBS_NAMESPACE, else the root.")
  private @Nullable Namespace namespace;

  Namespace of(Terminal terminal) {
    return namespace == null
        ? terminal.variable(VARIABLE).map(Namespace::parse).orElse(Namespace.ROOT)
        : namespace;
  }
}
