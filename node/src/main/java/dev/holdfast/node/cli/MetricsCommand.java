package dev.holdfast.node.cli;

import picocli.CommandLine.Command;

@Command(
    name = "metrics",
    description = "Figures of the node for other programs.",
    subcommands = MetricServerCommand.class)
final class MetricsCommand {}
