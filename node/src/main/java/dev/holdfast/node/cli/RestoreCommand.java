package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.pxar.ExcludePatterns;
import dev.holdfast.chunkstore.pxar.PxarReader;
import dev.holdfast.chunkstore.pxar.SelectedEntries;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.pxar.TreeRestore;
import dev.holdfast.chunkstore.pxar.TreeSummary;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.replication.peer.ImageDownload;
import dev.holdfast.replication.peer.PxarFiles;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.SnapshotFiles;
import dev.holdfast.replication.wire.TransferRate;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description = {
      "Restore an archive of a snapshot, or what matches patterns in it.",
      "Images become files with holes where they are zero, or go onto a device."
    })
final class RestoreCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";
  private static final int COPY_BYTES = 1 << 20;

  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private RateOptions rateOptions = new RateOptions();

  @Parameters(
      index = "0",
      paramLabel = "SNAPSHOT",
      description = "TYPE/ID/TIME, or TYPE/ID for the newest of the group.")
  private @Nullable SnapshotChoice choice;

  @Parameters(index = "1", paramLabel = "ARCHIVE", description = "e.g. root.pxar")
  private String archive = "";

  @Parameters(
      index = "2",
      paramLabel = "TARGET",
      description =
          "Directory (of a .pxar) or file, which must be new or empty; - is standard output.")
  private String target = "";

  @Mixin private KeyOptions keyOptions = new KeyOptions();

  @Option(
      names = "--crypt-mode",
      paramLabel = "MODE",
      description = "none: use no key, although there is one. The snapshot knows its own mode.")
  private @Nullable CryptMode mode;

  @Option(
      names = "--ignore-signature",
      description = {
        "Restore a signed snapshot without the key that signed it.",
        "What is encrypted needs its key all the same."
      })
  private boolean ignoreSignature;

  @Parameters(
      index = "3..*",
      arity = "0..*",
      paramLabel = "PATTERN",
      description = "The same as --pattern.")
  private List<String> morePatterns = List.of();

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      description = {
        "Only what matches, with all below it: *.conf, /etc/ssh or home/*/mail; may be repeated.",
        "A pattern that begins with ! takes back."
      })
  private List<String> patterns = List.of();

  @Option(
      names = "--allow-existing-dirs",
      arity = "0..1",
      description = "Restore into directories that are there, next to the files in them.")
  private boolean allowExistingDirectories;

  @Option(
      names = "--overwrite",
      arity = "0..1",
      description = "Replace what is in the way at the target.")
  private boolean overwrite;

  @Mixin private IgnoredMetadata ignored = new IgnoredMetadata();

  @Option(
      names = "--ignore-extract-device-errors",
      arity = "0..1",
      hidden = true,
      description = "Devices that cannot be made are always a warning and no more.")
  void ignoreDeviceErrors(boolean ignore) {
    // They are so without it.
  }

  @Option(
      names = "--no-device-nodes",
      description = "Leave block and character devices out; a warning names each.")
  private boolean noDeviceNodes;

  @Option(
      names = "--prelude-target",
      paramLabel = "FILE",
      description = "New file for what a split archive says of itself: its exclude patterns.")
  private @Nullable Path preludeTarget;

  RestoreCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    ArchiveName name = archiveName();
    ExcludePatterns wanted = wanted();
    Namespace namespace = namespaceOption.of(terminal);
    TransferRate rate = rateOptions.rate();
    terminal.interruption().arm();
    return connection.run(
        terminal,
        rate,
        node -> {
          SnapshotId snapshot = Objects.requireNonNull(choice).resolve(node, namespace);
          try (ReaderSession session =
                  node.node().openReader(node.datastore(), namespace, snapshot);
              Workers workers = new Workers()) {
            restore(session, snapshot, name, wanted, workers);
          }
        });
  }

  private ArchiveName archiveName() {
    try {
      return BackupSource.archive(archive);
    } catch (BackupException e) {
      throw new UsageException(e.text(), null);
    }
  }

  /** Empty for everything. */
  private ExcludePatterns wanted() {
    List<String> all = new ArrayList<>(patterns);
    all.addAll(morePatterns);
    if (!all.isEmpty() && target.equals(STANDARD_OUTPUT)) {
      throw new UsageException("patterns need a directory as target", null);
    }
    try {
      return ExcludePatterns.parse(all);
    } catch (BackupException e) {
      throw new UsageException(e.text(), null);
    }
  }

  private void restore(
      ReaderSession session,
      SnapshotId snapshot,
      ArchiveName name,
      ExcludePatterns wanted,
      Workers workers)
      throws IOException {
    long began = System.nanoTime();
    SnapshotFiles files = open(session, snapshot, name);
    String what = wanted.isEmpty() ? whole(files, name, workers) : selected(files, wanted, workers);
    Duration spent = Duration.ofNanos(System.nanoTime() - began);
    // Standard output may be the archive itself.
    terminal.message(
        "restored " + snapshot + " " + archive + ": " + what + " in " + HumanText.duration(spent));
  }

  /** Reads the tables of the archive, and the files that are wanted. */
  private String selected(SnapshotFiles files, ExcludePatterns wanted, Workers workers)
      throws IOException {
    OpenSnapshot.Tree tree = OpenSnapshot.tree(files, archive, workers);
    Progress progress = new Progress(terminal, archive, 0);
    TreeSummary summary =
        TreeRestore.restore(
            new SelectedEntries(
                tree.archive(), tree.name(), tree.archive().root(), wanted.asSelection()),
            Path.of(target),
            options(),
            BackupRun.listener(progress));
    progress.clear();
    if (summary.files() + summary.others() == 0 && summary.directories() <= 1) {
      throw BackupException.notFound("nothing in " + tree.name() + " matches");
    }
    return HumanText.tree(summary);
  }

  private TreeRestore.Options options() {
    return new TreeRestore.Options(
        overwrite, !noDeviceNodes, allowExistingDirectories, ignored.parts());
  }

  private String whole(SnapshotFiles files, ArchiveName name, Workers workers) throws IOException {
    if (PxarFiles.isDirectory(name) && !target.equals(STANDARD_OUTPUT)) {
      return directory(files.pxar(name), workers);
    }
    if (name.isIndex()) {
      return stream(files, files.file(name), workers);
    }
    return copied(
        new ByteArrayInputStream(
            name.equals(ArchiveName.MANIFEST)
                ? files.manifest().json()
                : files.blob(files.file(name))));
  }

  private String stream(SnapshotFiles files, ManifestFile file, Workers workers)
      throws IOException {
    if (file.name().kind() == ArchiveName.Kind.FIXED_INDEX && !target.equals(STANDARD_OUTPUT)) {
      return image(files, file, workers);
    }
    ChunkIndex index = files.index(file);
    Progress progress = new Progress(terminal, archive, index.contentBytes());
    try (InputStream content = new Counted(files.content(file, index, workers), progress)) {
      return copied(content);
    } finally {
      progress.clear();
    }
  }

  private String image(SnapshotFiles files, ManifestFile file, Workers workers) throws IOException {
    ImageDownload image = files.image(file, workers);
    Progress progress = new Progress(terminal, archive, image.index().contentBytes());
    try {
      return new ImageRestore(image, files.codec(file), Path.of(target), overwrite, progress).run();
    } finally {
      progress.clear();
    }
  }

  /** The wrapped key is for who has lost the key. */
  private SnapshotFiles open(ReaderSession session, SnapshotId snapshot, ArchiveName name) {
    SnapshotFiles.KeySource keys = () -> mode == CryptMode.NONE ? null : keyOptions.find(terminal);
    return ignoreSignature || name.equals(ArchiveName.WRAPPED_KEY)
        ? SnapshotFiles.openUnchecked(session, snapshot, keys)
        : SnapshotFiles.open(session, snapshot, keys);
  }

  private String directory(PxarFiles files, Workers workers) throws IOException {
    Progress progress = new Progress(terminal, archive, files.bytes());
    List<InputStream> streams = new ArrayList<>();
    try {
      PxarReader reader =
          files.reader(
              workers,
              stream -> {
                streams.add(stream);
                return new Counted(stream, progress);
              });
      return directory(reader, progress);
    } finally {
      progress.clear();
      for (InputStream stream : streams) {
        stream.close();
      }
    }
  }

  private String directory(PxarReader reader, Progress progress) throws IOException {
    TreeListener warnings =
        new TreeListener() {
          @Override
          public void warning(String text) {
            progress.warning(text);
          }
        };
    TreeSummary summary = TreeRestore.restore(reader, Path.of(target), options(), warnings);
    writePrelude(reader.prelude());
    progress.clear();
    return HumanText.tree(summary);
  }

  private void writePrelude(Bytes prelude) throws IOException {
    if (preludeTarget != null && !prelude.isEmpty()) {
      try (OutputStream file =
          Files.newOutputStream(
              preludeTarget, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        prelude.writeTo(file);
      }
    }
  }

  private String copied(InputStream content) throws IOException {
    if (target.equals(STANDARD_OUTPUT)) {
      String what = copied(content, terminal.out());
      terminal.out().flush();
      if (terminal.out().checkError()) {
        throw new IOException("standard output does not take the content");
      }
      return what;
    }
    try (OutputStream file =
        Channels.newOutputStream(TargetFile.open(Path.of(target), overwrite))) {
      return copied(content, file);
    }
  }

  private static String copied(InputStream from, OutputStream to) throws IOException {
    byte[] buffer = new byte[COPY_BYTES];
    long bytes = 0;
    for (int got = from.read(buffer); got >= 0; got = from.read(buffer)) {
      to.write(buffer, 0, got);
      bytes += got;
    }
    return HumanText.bytes(bytes);
  }

  /** Tells how much of the archive was read. */
  private static final class Counted extends FilterInputStream {
    private final Progress progress;

    Counted(InputStream in, Progress progress) {
      super(in);
      this.progress = progress;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      progress.more(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int got = super.read(target, offset, length);
      progress.more(Math.max(0, got));
      return got;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long skipped = super.skip(wanted);
      progress.more(skipped);
      return skipped;
    }
  }
}
