package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
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
 * A full archive is moved to {@code archive.1} and so on, once a day. The lists are conveniences:
 * what cannot be written is logged and never fails the work that the list is about.
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

  private final FileOps files;
  private final Path directory;

  TaskLists(FileOps files, Path directory) {
    this.files = files;
    this.directory = directory;
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

  synchronized void archive(TaskInfo task) {
    String line =
        String.format(
            Locale.ROOT, "%s %08X %s\n", task.upid(), task.endTime(), task.status().text());
    String old = text("archive");
    if (old.length() > LIST_BYTES_MAX - 2 * Upid.LENGTH_MAX) {
      shift();
      old = "";
    }
    replace("archive", old + line);
  }

  /** Newest first, until enough. */
  void visitArchive(BooleanSupplier enough, Consumer<TaskInfo> visitor) {
    int last = count();
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
    boolean full = text("archive").length() > ARCHIVE_BYTES_MAX;
    if (full) {
      shift();
    }
    int archives = 0;
    int logs = 0;
    for (int i = count(); i > 0; i--) {
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

  /** How many archives there are besides the one that is written. */
  private int count() {
    int count = 0;
    try {
      while (files.stat(directory.resolve(archiveName(count + 1))) != null) {
        count++;
      }
    } catch (IOException e) {
      LOG.warn("cannot look for task archives: {}", e.toString());
    }
    return count;
  }

  private void shift() {
    try {
      for (int i = count(); i >= 0; i--) {
        files.rename(directory.resolve(archiveName(i)), directory.resolve(archiveName(i + 1)));
      }
    } catch (IOException e) {
      LOG.warn("cannot rotate the task archive: {}", e.toString());
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
    return number == 0 ? "archive" : "archive." + number;
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
      return null; // a torn line: the others still count
    }
  }

  private List<String> lines(String name) {
    return text(name).lines().toList();
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
    Path temporary = directory.resolve(name + ".tmp");
    try {
      if (files.stat(temporary) != null) {
        files.delete(temporary);
      }
      try (FileOps.WritableFile out = files.create(temporary, 0600)) {
        ByteBuffer buffer = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
      }
      files.rename(temporary, directory.resolve(name));
    } catch (IOException e) {
      LOG.warn("cannot write task list '{}': {}", directory.resolve(name), e.toString());
    }
  }
}
