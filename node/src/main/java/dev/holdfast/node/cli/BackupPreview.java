package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.ArchiveTarget;
import dev.holdfast.chunkstore.pxar.PxarEntrySink;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.chunkstore.pxar.TreeSummary;
import dev.holdfast.replication.peer.PxarFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What a backup would read, without calling anybody. Trees are read as a backup reads them, so that
 * all it would warn of is seen.
 */
final class BackupPreview {
  private final Terminal terminal;
  private final TreeBackup.Options tree;
  private final ChangeDetection mode;

  BackupPreview(Terminal terminal, TreeBackup.Options tree, ChangeDetection mode) {
    this.terminal = terminal;
    this.tree = tree;
    this.mode = mode;
  }

  void run(List<BackupSource> sources) throws IOException {
    for (BackupSource source : sources) {
      terminal.line(
          "would back up " + source.name() + " as " + archives(source) + ": " + what(source));
    }
    terminal.line("dry run: nothing was sent");
  }

  private String archives(BackupSource source) {
    ArchiveName name = source.archive();
    return source.kind() != BackupSource.Kind.DIRECTORY || mode == ChangeDetection.LEGACY
        ? name.text()
        : PxarFiles.metadataName(name) + " and " + PxarFiles.payloadName(name);
  }

  private String what(BackupSource source) throws IOException {
    if (source.isStandardInput()) {
      return "standard input, which is not read";
    }
    if (source.kind() == BackupSource.Kind.DIRECTORY) {
      Progress progress = new Progress(terminal, source.name(), 0);
      TreeSummary summary =
          TreeBackup.write(
              source.path(),
              new ArchiveTarget.Single(OutputStream.nullOutputStream()),
              tree,
              BackupRun.listener(progress),
              PxarEntrySink.NONE);
      progress.clear();
      return HumanText.tree(summary);
    }
    try (FileChannel file = FileChannel.open(source.path(), StandardOpenOption.READ)) {
      return HumanText.bytes(file.size());
    }
  }
}
