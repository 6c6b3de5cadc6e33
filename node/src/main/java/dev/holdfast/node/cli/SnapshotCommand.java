package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.cli.Table.Align;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "snapshot",
    description = "Snapshots of a namespace.",
    subcommands = {SnapshotNotesCommand.class, SnapshotProtectedCommand.class})
final class SnapshotCommand {
  private final Terminal terminal;

  SnapshotCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List snapshots, of one group or of all.")
  int list(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin OutputOption output,
      @Parameters(arity = "0..1", paramLabel = "GROUP", description = "TYPE/ID")
          @Nullable GroupId group)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    List<Field> fields =
        List.of(
            Field.of("snapshot", Align.LEFT, SnapshotCommand::name),
            Field.bytes("size"),
            Field.of("files", Align.LEFT, SnapshotCommand::files),
            Field.text("owner"),
            Field.of("verified", Align.LEFT, row -> Field.plain(row.at("/verification/state"))),
            Field.of(
                "protected", Align.LEFT, row -> row.path("protected").asBoolean() ? "yes" : ""),
            Field.time("held-until"));
    return connection.run(
        terminal,
        node -> {
          Map<String, String> query =
              group == null
                  ? NodeConnection.query(namespace)
                  : SnapshotChoice.query(namespace, group);
          output.print(terminal, sorted(node.get(node.storePath("/snapshots"), query)), fields);
        });
  }

  /** By type, name and time. */
  static JsonNode sorted(JsonNode rows) {
    return StreamSupport.stream(rows.spliterator(), false)
        .sorted(
            Comparator.comparing((JsonNode row) -> row.path("backup-type").asText())
                .thenComparing(row -> row.path("backup-id").asText())
                .thenComparingLong(row -> row.path("backup-time").asLong()))
        .collect(JsonNodeFactory.instance::arrayNode, ArrayNode::add, ArrayNode::addAll);
  }

  static String name(JsonNode row) {
    return new SnapshotId(
            new GroupId(
                BackupType.parse(row.path("backup-type").asText()), row.path("backup-id").asText()),
            row.path("backup-time").asLong())
        .toString();
  }

  static String files(JsonNode row) {
    StringBuilder names = new StringBuilder();
    for (JsonNode file : row.path("files")) {
      names
          .append(names.isEmpty() ? "" : " ")
          .append(file.isTextual() ? file.asText() : file.path("filename").asText());
    }
    return names.toString();
  }

  @Command(name = "files", description = "List the files of a snapshot.")
  int files(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "SNAPSHOT", description = "TYPE/ID/TIME, or TYPE/ID: the newest")
          SnapshotChoice choice)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    List<Field> fields =
        List.of(Field.text("filename"), Field.bytes("size"), Field.text("crypt-mode"));
    return connection.run(
        terminal,
        node -> {
          SnapshotId snapshot = choice.resolve(node, namespace);
          Map<String, String> query = SnapshotChoice.query(namespace, snapshot);
          output.print(terminal, node.get(node.storePath("/files"), query), fields);
        });
  }

  @Command(
      name = "forget",
      description = {
        "Remove a snapshot.",
        "Its chunks go when no other snapshot needs them and garbage is collected."
      })
  int forget(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(paramLabel = "SNAPSHOT", description = "TYPE/ID/TIME") SnapshotId snapshot)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          node.delete(node.storePath("/snapshots"), SnapshotChoice.query(namespace, snapshot));
          terminal.line("removed " + snapshot);
        });
  }

  @Command(
      name = "upload-log",
      description = "Add the log of the backup to a snapshot that has none yet, e.g. of the job.")
  int uploadLog(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin ProtectionOptions protection,
      @Parameters(paramLabel = "SNAPSHOT", description = "TYPE/ID/TIME") SnapshotId snapshot,
      @Parameters(paramLabel = "FILE") Path file)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    byte[] blob = SmallFile.encode(file, protection.find(terminal).codec());
    return connection.run(
        terminal,
        node -> {
          var unused =
              node.node()
                  .upload(
                      node.storePath("/upload-backup-log"),
                      SnapshotChoice.query(namespace, snapshot),
                      blob);
        });
  }
}
