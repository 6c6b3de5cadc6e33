package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.catalog.CatalogEntry;
import dev.holdfast.chunkstore.catalog.CatalogLine;
import dev.holdfast.chunkstore.catalog.CatalogReader;
import dev.holdfast.chunkstore.catalog.CatalogWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.pxar.ExcludePatterns;
import dev.holdfast.chunkstore.pxar.Selection;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "catalog",
    description = "What is in the archives of a snapshot, without restoring them.")
final class CatalogCommand {
  private static final String SNAPSHOT = "TYPE/ID/TIME, or TYPE/ID: the newest";

  private final Terminal terminal;

  CatalogCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** What is done with each archive: its name is the first component of what is shown. */
  @FunctionalInterface
  private interface Use {
    void with(ArchiveNames names, Bytes archive) throws IOException;
  }

  @Command(
      name = "dump",
      description = {
        "List all names, one a line: letter of its type, path, and of a file its size and time.",
        "d directory, f file, l link, h further name of a file, b and c devices, p fifo, s socket."
      })
  int dump(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin KeyOptions keys,
      @Parameters(paramLabel = "SNAPSHOT", description = SNAPSHOT) SnapshotChoice choice)
      throws Exception {
    return each(
        connection,
        namespaceOption,
        keys,
        choice,
        (names, archive) -> names.walk(names.root(), name -> line(archive, name)));
  }

  @Command(name = "find", description = "List the names that match, in the form of dump.")
  int find(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin KeyOptions keys,
      @Parameters(paramLabel = "SNAPSHOT", description = SNAPSHOT) SnapshotChoice choice,
      @Parameters(
              arity = "1..*",
              paramLabel = "PATTERN",
              description =
                  "e.g. *.conf, /etc/**/passwd or home/*/; as with backup --exclude, ! takes back.")
          List<String> patterns)
      throws Exception {
    Selection wanted = parse(patterns);
    return each(
        connection,
        namespaceOption,
        keys,
        choice,
        (names, archive) ->
            names.walk(
                names.root(),
                name -> {
                  if (wanted.of(name.path(), name.isDirectory()) == Selection.Choice.YES) {
                    line(archive, name);
                  }
                }));
  }

  private static Selection parse(List<String> patterns) {
    try {
      return ExcludePatterns.parse(patterns).asSelection();
    } catch (BackupException e) {
      throw new UsageException(e.text(), null);
    }
  }

  @Command(
      name = "shell",
      description = {
        "Look around in an archive, and restore parts of it.",
        "Commands are read from standard input; `help` lists them."
      })
  int shell(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin KeyOptions keys,
      @Parameters(paramLabel = "SNAPSHOT", description = SNAPSHOT) SnapshotChoice choice,
      @Parameters(paramLabel = "ARCHIVE", description = "e.g. root.pxar") String archive)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          try (OpenSnapshot snapshot = OpenSnapshot.open(terminal, node, namespace, choice, keys)) {
            OpenSnapshot.Tree tree = snapshot.tree(archive);
            ArchiveNames names = ofCatalog(snapshot, Bytes.of(tree.name()));
            if (names == null) {
              names = new ArchiveNames.OfArchive(tree.archive());
            }
            CatalogShell shell = new CatalogShell(terminal, names, tree);
            try (ShellLines lines = ShellLines.open(terminal, shell::complete)) {
              shell.run(lines);
            }
          }
        });
  }

  private int each(
      ConnectionOptions connection,
      NamespaceOption namespaceOption,
      KeyOptions keys,
      SnapshotChoice choice,
      Use use)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          try (OpenSnapshot snapshot = OpenSnapshot.open(terminal, node, namespace, choice, keys)) {
            each(snapshot, use);
          }
        });
  }

  /** Those of the catalog, then the split ones, which have none. */
  private void each(OpenSnapshot snapshot, Use use) throws IOException {
    CatalogReader catalog = catalog(snapshot);
    if (catalog != null) {
      for (CatalogEntry archive : catalog.list(catalog.root())) {
        terminal.line(CatalogLine.of(archive, archive.name()));
        use.with(new ArchiveNames.OfCatalog(catalog, archive), archive.name());
      }
    }
    for (ManifestFile file : snapshot.files().manifest().files()) {
      String name = file.name().text();
      if (name.endsWith(".mpxar.didx")) {
        use.with(new ArchiveNames.OfArchive(snapshot.tree(name).archive()), Bytes.of(name));
      }
    }
  }

  private static @Nullable CatalogReader catalog(OpenSnapshot snapshot) throws IOException {
    ManifestFile file = snapshot.files().manifest().file(CatalogWriter.NAME);
    return file == null ? null : CatalogReader.open(snapshot.source(file));
  }

  private static @Nullable ArchiveNames ofCatalog(OpenSnapshot snapshot, Bytes archive)
      throws IOException {
    CatalogReader catalog = catalog(snapshot);
    CatalogEntry top = catalog == null ? null : catalog.child(catalog.root(), archive);
    return catalog == null || top == null ? null : new ArchiveNames.OfCatalog(catalog, top);
  }

  private void line(Bytes archive, ArchiveNames.Name name) {
    terminal.line(CatalogLine.of(name.entry(), archive.resolve(name.path())));
  }
}
