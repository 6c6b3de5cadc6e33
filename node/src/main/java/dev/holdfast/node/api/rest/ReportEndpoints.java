package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.meshconfig.ByteSize;
import dev.holdfast.node.NodeVersion;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.host.HostFacts;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What somebody who is asked for help wants to see first, as one text: program, machine, datastores
 * and how all is configured, without what is secret (spec/rest-api.md §6.8).
 */
final class ReportEndpoints {
  /** Those that say how the node is set up; what they must not tell is {@link #SECRET_KEYS}. */
  private static final List<String> FILES =
      List.of(
          "datastore.cfg",
          "remote.cfg",
          "sync.cfg",
          "prune.cfg",
          "verification.cfg",
          "traffic-control.cfg",
          "domains.cfg",
          "user.cfg",
          "acl.cfg",
          "node.cfg");

  private static final Set<String> SECRET_KEYS =
      Set.of("password", "client-key", "token", "secret", "secret-key");

  private final StateDirectory directory;
  private final DatastoreRegistry stores;
  private final Clock clock;

  ReportEndpoints(StateDirectory directory, DatastoreRegistry stores, Clock clock) {
    this.directory = directory;
    this.stores = stores;
    this.clock = clock;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/nodes/{node}/report",
        new Endpoint(
            Doc.text("Tells how the node is set up, for who is to help.", "no secrets"),
            ParamSchema.of(NodeEndpoints.NODE),
            Rule.any("/system/status", Privilege.SYS_AUDIT),
            call -> ApiResult.of(TextNode.valueOf(text()))));
  }

  private String text() {
    StringBuilder report = new StringBuilder();
    section(report, "holdfast", program());
    section(report, "machine", machine());
    section(report, "datastores", datastores());
    for (String file : FILES) {
      directory
          .read(file)
          .map(content -> withoutSecrets(new String(content, StandardCharsets.UTF_8)))
          .ifPresent(text -> section(report, file, text));
    }
    return report.toString();
  }

  private static void section(StringBuilder report, String title, String text) {
    report.append("# ").append(title).append("\n\n").append(text.strip()).append("\n\n");
  }

  private String program() {
    Runtime runtime = Runtime.getRuntime();
    return String.join(
        "\n",
        "version: " + NodeVersion.text(),
        "time: " + clock.instant() + ", zone " + clock.getZone(),
        "java: " + Runtime.version() + " of " + System.getProperty("java.vendor"),
        "heap: "
            + ByteSize.text(runtime.totalMemory() - runtime.freeMemory())
            + " used of at most "
            + ByteSize.text(runtime.maxMemory()));
  }

  private static String machine() {
    HostFacts.Kernel kernel = HostFacts.kernel();
    HostFacts.Processors processors = HostFacts.processors();
    HostFacts.Memory memory = HostFacts.memory();
    return String.join(
        "\n",
        "kernel: " + kernel.name() + " " + kernel.release() + " " + kernel.machine(),
        "processors: " + processors.cpus() + " of model " + processors.model(),
        "memory: " + ByteSize.text(memory.used()) + " used of " + ByteSize.text(memory.total()),
        "load: " + HostFacts.load(),
        "up for: " + HostFacts.uptimeSeconds() + " s");
  }

  private String datastores() {
    return stores.stores().entrySet().stream()
        .map(entry -> datastore(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining("\n"));
  }

  private static String datastore(DatastoreName name, Datastore store) {
    try {
      FileOps.Space space = store.space();
      return name
          + ": "
          + ByteSize.text(space.usedBytes())
          + " used of "
          + ByteSize.text(space.totalBytes())
          + ", "
          + ByteSize.text(space.availableBytes())
          + " free";
    } catch (BackupException e) {
      return name + ": " + e.text();
    }
  }

  private static String withoutSecrets(String file) {
    return file.lines().map(ReportEndpoints::withoutSecret).collect(Collectors.joining("\n"));
  }

  /** A line of a section is its key, a blank, and its value; with a colon in one of a node. */
  private static String withoutSecret(String line) {
    String key = line.strip().split("[\\s:]", 2)[0];
    return SECRET_KEYS.contains(key) ? line.substring(0, line.indexOf(key)) + key + " ***" : line;
  }
}
