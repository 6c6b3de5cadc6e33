package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What jobs that look after a datastore have in common. */
final class StoreJobOptions {
  @Option(names = "--store", paramLabel = "NAME", description = "The datastore.")
  private @Nullable DatastoreName store;

  @Option(
      names = "--schedule",
      paramLabel = "EVENT",
      description = "When it runs, such as `daily`, `sat 18:15` or `mon..fri 20:00`.")
  private @Nullable String schedule;

  @Option(
      names = "--ns",
      paramLabel = "NAMESPACE",
      description = "Where it begins; everywhere if not given.")
  private @Nullable Namespace namespace;

  @Option(
      names = "--max-depth",
      paramLabel = "N",
      description = "Levels below that, 0 = none; all if not given.")
  private @Nullable Integer maxDepth;

  @Option(names = "--comment", paramLabel = "TEXT", description = "One line.")
  private @Nullable String comment;

  /** As parameters of a call; those that were not given are left out. */
  void putInto(ObjectNode body) {
    Given.put(body, "store", store == null ? null : store.text());
    Given.put(body, "schedule", schedule);
    Given.put(body, "ns", namespace == null ? null : namespace.toString());
    Given.put(body, "comment", comment);
    Given.put(body, "max-depth", maxDepth);
  }
}
