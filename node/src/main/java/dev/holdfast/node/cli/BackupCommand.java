package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.pxar.ExcludePatterns;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.wire.TransferRate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "backup",
    description = {
      "Back up directories, images, files and streams into a new snapshot.",
      "Only chunks that the last snapshot of the group does not have are sent. A dump of a database"
          + " needs no file: pg_dump shop | holdfast backup shop.sql:-"
    })
final class BackupCommand implements Callable<Integer> {
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final String TOO_OLD = "backup timestamp is older than last backup";

  private static final String LOST_AND_FOUND = "lost+found/";

  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private RateOptions rateOptions = new RateOptions();
  @Mixin private BackupKeyOptions keyOptions = new BackupKeyOptions();

  @Parameters(
      arity = "1..*",
      paramLabel = "SOURCE",
      description =
          "NAME.pxar:DIRECTORY, NAME.img:FILE-OR-DEVICE, NAME.conf:FILE, NAME.log:FILE, or NAME:-"
              + " for standard input.")
  private List<BackupSource> sources = List.of();

  @Option(
      names = "--backup-type",
      paramLabel = "TYPE",
      description = "host, vm or ct; default: host.")
  private BackupType type = BackupType.HOST;

  @Option(
      names = "--backup-id",
      paramLabel = "ID",
      description = "Name of the group; default: the name of this host.")
  private @Nullable String id;

  @Option(
      names = "--backup-time",
      paramLabel = "SECONDS",
      description = "Time of the snapshot, seconds since the epoch; default: now.")
  private @Nullable Long time;

  @Option(
      names = "--all-file-systems",
      arity = "0..1",
      description = "Descend into file systems that are mounted below.")
  private boolean allFileSystems;

  @Option(
      names = "--include-dev",
      paramLabel = "DIR",
      description = "Descend into the file system of this directory, too; may be repeated.")
  private List<Path> includeDevices = List.of();

  @Option(
      names = "--skip-lost-and-found",
      arity = "0..1",
      description = "Leave out directories called lost+found.")
  private boolean skipLostAndFound;

  @Option(
      names = "--entries-max",
      paramLabel = "N",
      description = "Names that may be kept in memory; default: ${DEFAULT-VALUE}.")
  private int entriesMax = TreeBackup.Options.ENTRIES_MAX_DEFAULT;

  @Option(
      names = "--stdin-from-command",
      paramLabel = "COMMAND",
      description = {
        "Read the output of this command instead of standard input.",
        "When it fails the backup does, which a pipe would not know of."
      })
  private @Nullable String command;

  @Option(
      names = {"--dry-run", "-n"},
      arity = "0..1",
      description = "Read everything and tell what would be backed up, but call nobody.")
  private boolean dryRun;

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Leave out what matches, e.g. *.bak, /cache/ or !keep; may be repeated.")
  private List<String> exclude = List.of();

  @Option(
      names = "--change-detection-mode",
      paramLabel = "MODE",
      description = {
        "legacy: directories in one stream each; data: split into metadata and contents;",
        "metadata: split, and files whose metadata did not change since the last backup are not"
            + " read. Default: ${DEFAULT-VALUE}."
      })
  private ChangeDetection changeDetection = ChangeDetection.LEGACY;

  BackupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    checkSources();
    Namespace namespace = namespaceOption.of(terminal);
    GroupId group = new GroupId(type, id == null ? hostName() : id);
    TreeBackup.Options tree =
        new TreeBackup.Options(allFileSystems, entriesMax, patterns(), includeDevices);
    TransferRate rate = rateOptions.rate();
    if (dryRun) {
      terminal.interruption().arm();
      new BackupPreview(terminal, tree, changeDetection).run(sources);
      return ExitCode.OK.number();
    }
    BackupKeys keys = keyOptions.find(terminal);
    terminal.interruption().arm();
    return connection.run(terminal, rate, node -> run(node, namespace, group, tree, keys));
  }

  private ExcludePatterns patterns() {
    try {
      List<String> patterns = new ArrayList<>(exclude);
      if (skipLostAndFound) {
        patterns.addFirst(LOST_AND_FOUND);
      }
      return ExcludePatterns.parse(patterns);
    } catch (BackupException e) {
      throw new UsageException(e.text(), null);
    }
  }

  /** Before anything is sent. */
  private void checkSources() {
    if (allFileSystems && !includeDevices.isEmpty()) {
      throw new UsageException("--all-file-systems and --include-dev exclude each other", null);
    }
    long streams = sources.stream().filter(BackupSource::isStandardInput).count();
    if (streams > 1) {
      throw new UsageException("standard input is one source at most", null);
    }
    if (command != null && streams == 0) {
      throw new UsageException("--stdin-from-command goes with a source NAME:-", null);
    }
    Set<String> names = new HashSet<>();
    for (BackupSource source : sources) {
      if (!names.add(source.name())) {
        throw new UsageException("two sources are called " + source.name(), null);
      }
      if (source.isStandardInput()) {
        continue;
      }
      boolean directory = source.kind() == BackupSource.Kind.DIRECTORY;
      if (!Files.exists(source.path())) {
        throw BackupException.notFound("source '" + source.path() + "' does not exist");
      }
      if (Files.isDirectory(source.path()) != directory) {
        throw new UsageException(
            source.name()
                + " is made of a "
                + (directory ? "directory" : "file")
                + ", which '"
                + source.path()
                + "' is not",
            null);
      }
    }
  }

  private void run(
      NodeConnection node,
      Namespace namespace,
      GroupId group,
      TreeBackup.Options tree,
      BackupKeys keys)
      throws IOException {
    try (Opened opened = open(node, namespace, group)) {
      try (Workers workers = new Workers()) {
        terminal.line(
            opened.snapshot()
                + (namespace.isRoot() ? "" : " in namespace " + namespace)
                + " of "
                + node.node()
                + ":"
                + node.datastore());
        BackupRun.Comparison comparison =
            new BackupRun.Comparison(
                changeDetection, last -> node.node().openReader(node.datastore(), namespace, last));
        new BackupRun(
                terminal,
                opened.session(),
                opened.snapshot(),
                workers,
                tree,
                keys,
                comparison,
                command)
            .run(sources);
      } catch (IOException | RuntimeException e) {
        String unfinished =
            "snapshot " + opened.snapshot() + " was not finished: the node drops what it has of it";
        if (Thread.currentThread().isInterrupted()) {
          // Where it was caught says nothing to the one who pressed the key.
          throw new BackupException(Kind.CANCELLED, "interrupted, " + unfinished, e);
        }
        terminal.message(unfinished);
        throw e;
      }
    }
  }

  private record Opened(SnapshotId snapshot, BackupSession session) implements AutoCloseable {
    @Override
    public void close() {
      session.close();
    }
  }

  /** A backup that begins in the second of the last one waits for the next second. */
  private Opened open(NodeConnection node, Namespace namespace, GroupId group) {
    try {
      return openNow(node, namespace, group);
    } catch (BackupException e) {
      if (time != null || !e.text().contains(TOO_OLD)) {
        throw e;
      }
      awaitNextSecond();
      return openNow(node, namespace, group);
    }
  }

  private Opened openNow(NodeConnection node, Namespace namespace, GroupId group) {
    SnapshotId snapshot = group.at(time == null ? Instant.now().getEpochSecond() : time);
    return new Opened(
        snapshot, node.node().openBackup(node.datastore(), namespace, snapshot, false));
  }

  private static void awaitNextSecond() {
    Instant now = Instant.now();
    try {
      Thread.sleep(1000 - now.toEpochMilli() % 1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted before the backup began", e);
    }
  }

  /** The kernel's word for it needs no name look-up. */
  private static String hostName() {
    try {
      return Files.readString(HOST_NAME).strip();
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        throw new UsageException("this host has no name", "Give --backup-id.");
      }
    }
  }
}
