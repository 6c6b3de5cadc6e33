package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.ArchiveTarget;
import dev.holdfast.chunkstore.pxar.PxarEntrySink;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.chunkstore.pxar.TreeSummary;
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

  BackupPreview(Terminal terminal, TreeBackup.Options tree) {
    this.terminal = terminal;
    this.tree = tree;
  }

  void run(List<BackupSource> sources) throws IOException {
    for (BackupSource source : sources) {
      terminal.line(
          "would back up " + source.name() + " as " + source.archive() + ": " + what(source));
    }
    terminal.line("dry run: nothing was sent");
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
