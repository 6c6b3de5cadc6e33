package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.DirectoryNames;
import dev.holdfast.chunkstore.file.FileOps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two lists beside the task logs (spec/formats.md §9.4):
 *
 * <pre>
 * active  := (upid NL)*
 * archive := (upid " " endtime " " status NL)*     endtime of eight hex digits
 * </pre>
 *
 * A full archive is moved to {@code archive.1} and so on, once a day. A line that does not end is
 * what a process left that died: it counts for nothing, and the next one takes its place. The lists
 * are conveniences: what cannot be written is logged and never fails the work that the list is
 * about.
 */
final class TaskLists {
  private static final Logger LOG = LoggerFactory.getLogger(TaskLists.class);

  /** Sizes as PBS rotates them (spec/engine.md §10.2). */
  static final int ARCHIVE_BYTES_MAX = 512 * 1024;

  private static final int ARCHIVES_MAX = 20;

  /** What is longer is moved at once and not only when its day is over: no more is ever read. */
  private static final int LIST_BYTES_MAX = 4 * ARCHIVE_BYTES_MAX;

  /** Even where days are counted: 500 MiB of lists. */
  private static final int ARCHIVES_LIMIT = 1000;

  /** More than any line has. */
  private static final int LINE_BYTES_MAX = 64 * 1024;

  private static final String ARCHIVE = "archive";
  private static final Pattern OLDER_ARCHIVE = Pattern.compile("archive\\.([1-9][0-9]{0,3})");

  private final FileOps files;
  private final Path directory;
  private final AtomicFiles atomic;

  TaskLists(FileOps files, Path directory, RandomGenerator random) {
    this.files = files;
    this.directory = directory;
    this.atomic = new AtomicFiles(files, AtomicFiles.PRIVATE_MODE, random);
  }

  List<Upid> active() {
    List<Upid> tasks = new ArrayList<>();
    for (String line : lines("active")) {
      TaskInfo task = parse(line);
      if (task != null) {
        tasks.add(task.upid());
      }
    }
    return tasks;
  }

  synchronized void replaceActive(Collection<Upid> tasks) {
    StringBuilder text = new StringBuilder();
    tasks.forEach(task -> text.append(task).append('\n'));
    replace("active", text.toString());
  }

  /** False when that cannot be written now. */
  synchronized boolean archive(TaskInfo task) {
    String line =
        String.format(
            Locale.ROOT, "%s %08X %s\n", task.upid(), task.endTime(), task.status().text());
    if (bytes() > LIST_BYTES_MAX - 2 * Upid.LENGTH_MAX) {
      shift();
    }
    Path file = directory.resolve(ARCHIVE);
    try (FileOps.WritableFile list = files.append(file, AtomicFiles.PRIVATE_MODE)) {
      cutTornLine(list);
      ByteBuffer left = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
      while (left.hasRemaining()) {
        list.write(left);
      }
      return true;
    } catch (IOException e) {
      LOG.warn("cannot write task list '{}': {}", file, e.toString());
      return false;
    }
  }

  /** And puts the position at the end. */
  private static void cutTornLine(FileOps.WritableFile list) throws IOException {
    long size = list.size();
    long start = Math.max(0, size - LINE_BYTES_MAX);
    ByteBuffer tail = ByteBuffer.allocate((int) (size - start));
    list.position(start);
    while (tail.hasRemaining() && list.read(tail) >= 0) {
      // until full or at the end
    }
    int whole = tail.position();
    while (whole > 0 && tail.get(whole - 1) != '\n') {
      whole--;
    }
    if (start + whole < size) {
      LOG.warn("the task archive ends within a line, which is removed");
      list.truncate(start + whole);
    }
    list.position(start + whole);
  }

  /** Whether the newest archive has the task. */
  boolean hasArchived(Upid task) {
    return lines(ARCHIVE).stream().anyMatch(line -> line.startsWith(task + " "));
  }

  /** Newest first, until enough. */
  void visitArchive(BooleanSupplier enough, Consumer<TaskInfo> visitor) {
    int last = last();
    for (int i = 0; i <= last && !enough.getAsBoolean(); i++) {
      for (String line : lines(archiveName(i)).reversed()) {
        TaskInfo task = parse(line);
        if (task != null) {
          visitor.accept(task);
        }
      }
    }
  }

  /**
   * Moves a full archive aside and drops old ones with the logs of their tasks.
   *
   * @param newestBefore one whose newest task ended before that, in seconds since 1970, is dropped;
   *     empty: all but the newest {@link #ARCHIVES_MAX}
   */
  synchronized TaskRegistry.Rotation rotate(OptionalLong newestBefore) {
    boolean full = bytes() > ARCHIVE_BYTES_MAX;
    if (full) {
      shift();
    }
    int archives = 0;
    int logs = 0;
    for (int i = last(); i > 0; i--) {
      if (i > ARCHIVES_LIMIT || isOld(i, newestBefore)) {
        logs += drop(i);
        archives++;
      } else {
        break; // what is newer stays, too
      }
    }
    return new TaskRegistry.Rotation(full, archives, logs);
  }

  private boolean isOld(int number, OptionalLong newestBefore) {
    return newestBefore.isEmpty()
        ? number > ARCHIVES_MAX
        : lines(archiveName(number)).stream()
            .map(TaskLists::parse)
            .noneMatch(task -> task != null && task.endTime() >= newestBefore.getAsLong());
  }

  /** Of the archive that is written. */
  private long bytes() {
    try {
      FileOps.Stat stat = files.stat(directory.resolve(ARCHIVE));
      return stat == null ? 0 : stat.bytes();
    } catch (IOException e) {
      LOG.warn("cannot look at the task archive: {}", e.toString());
      return 0;
    }
  }

  /** The number of the oldest archive; one may be missing where a process died that moved them. */
  private int last() {
    try {
      return DirectoryNames.of(files, directory).stream()
          .map(OLDER_ARCHIVE::matcher)
          .filter(Matcher::matches)
          .mapToInt(m -> Integer.parseInt(m.group(1)))
          .max()
          .orElse(0);
    } catch (IOException e) {
      LOG.warn("cannot look for task archives: {}", e.toString());
      return 0;
    }
  }

  private void shift() {
    for (int i = last(); i >= 0; i--) {
      try {
        files.rename(directory.resolve(archiveName(i)), directory.resolve(archiveName(i + 1)));
      } catch (NoSuchFileException e) {
        // a gap
      } catch (IOException e) {
        LOG.warn("cannot rotate the task archive: {}", e.toString());
        return; // or the next one would replace what stayed
      }
    }
  }

  /** The logs go with the list that names them; returns how many. */
  private int drop(int number) {
    int logs = 0;
    try {
      for (String line : lines(archiveName(number))) {
        TaskInfo task = parse(line);
        if (task != null && deleteLog(task.upid())) {
          logs++;
        }
      }
      files.delete(directory.resolve(archiveName(number)));
    } catch (IOException e) {
      LOG.warn("cannot drop task archive '{}': {}", archiveName(number), e.toString());
    }
    return logs;
  }

  private boolean deleteLog(Upid upid) throws IOException {
    try {
      files.delete(directory.resolve(upid.directoryName()).resolve(upid.toString()));
      return true;
    } catch (NoSuchFileException e) {
      return false; // gone already
    }
  }

  private static String archiveName(int number) {
    return number == 0 ? ARCHIVE : ARCHIVE + "." + number;
  }

  // A UPID alone, or with end time and status; null for a line that is neither.
  private static @Nullable TaskInfo parse(String line) {
    try {
      String[] parts = line.split(" ", 3);
      Upid upid = Upid.parse(parts[0]);
      return parts.length < 3
          ? new TaskInfo(upid, new TaskStatus.Unknown(), upid.startTime())
          : new TaskInfo(upid, TaskStatus.parse(parts[2]), Long.parseLong(parts[1], 16));
    } catch (BackupException | NumberFormatException e) {
      return null; // the others still count
    }
  }

  /** Those that end. */
  private List<String> lines(String name) {
    String text = text(name);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private String text(String name) {
    Path file = directory.resolve(name);
    try (SeekableByteChannel channel = files.open(file)) {
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(channel.size(), LIST_BYTES_MAX));
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // until full or at the end
      }
      return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      LOG.warn("cannot read task list '{}': {}", file, e.toString());
      return "";
    }
  }

  private void replace(String name, String text) {
    Path file = directory.resolve(name);
    try {
      atomic.replace(file, text.getBytes(StandardCharsets.UTF_8), false);
    } catch (IOException e) {
      LOG.warn("cannot write task list '{}': {}", file, e.toString());
    }
  }
}
