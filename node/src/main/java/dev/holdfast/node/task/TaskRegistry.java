package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tasks of a node. Files as PBS has them (spec/formats.md §9.4):
 *
 * <pre>
 * tasks/active          UPIDs of running tasks, a line each
 * tasks/archive         UPID, end time (hex), status: finished tasks, appended
 * tasks/XX/UPID         logs
 * </pre>
 *
 * Tasks that were running when the process died are found in {@code active} at the next start and
 * archived as unknown, or with the status that their log ends with.
 */
public final class TaskRegistry {
  /** Finished tasks that lists can show; older ones keep their logs. */
  static final int ARCHIVED_MAX = 10_000;

  private static final Pattern ARCHIVE_LINE =
      Pattern.compile("(UPID:\\S+) ([0-9A-Fa-f]{8,16}) (.*)");
  private static final int TIME_LENGTH = 25;
  private static final FileAttribute<?> FILE_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> DIRECTORY_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final Logger LOG = LoggerFactory.getLogger(TaskRegistry.class);

  private final Path directory;
  private final String node;
  private final long processStart;
  private final Clock clock;
  private final AtomicLong nextId = new AtomicLong();
  private final Map<String, Task> running = new ConcurrentHashMap<>();
  // Newest last; guarded by itself, like the files.
  private final Deque<TaskInfo> archived = new ArrayDeque<>();

  /**
   * @param processStart a number that differs from one process of this node to the next
   */
  private TaskRegistry(Path directory, String node, long processStart, Clock clock) {
    this.directory = directory;
    this.node = node;
    this.processStart = processStart;
    this.clock = clock;
  }

  /** Opens the lists, and archives what a dead process left running. */
  public static TaskRegistry open(Path directory, String node, long processStart, Clock clock) {
    TaskRegistry registry = new TaskRegistry(directory, node, processStart & 0xffff_ffffL, clock);
    try {
      Files.createDirectories(directory, DIRECTORY_MODE);
      registry.load();
    } catch (IOException e) {
      throw new BackupException(
          Kind.INTERNAL, "cannot use task directory '" + directory + "': " + e, e);
    }
    return registry;
  }

  private void load() throws IOException {
    synchronized (archived) {
      for (String line : lines(directory.resolve("archive"))) {
        Matcher m = ARCHIVE_LINE.matcher(line);
        if (m.matches() && Upid.isUpid(m.group(1))) {
          remember(
              new TaskInfo(
                  Upid.parse(m.group(1)),
                  Long.parseUnsignedLong(m.group(2), 16),
                  TaskStatus.parse(m.group(3))));
        }
      }
      for (String line : lines(directory.resolve("active"))) {
        if (Upid.isUpid(line)) {
          archive(fromLog(Upid.parse(line)));
        }
      }
      writeActive();
    }
  }

  private static List<String> lines(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return lines.toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  // The last line tells how it ended, or at least when it was last heard of.
  private TaskInfo fromLog(Upid upid) throws IOException {
    List<String> log = lines(logFile(upid));
    long endTime = upid.startTime();
    TaskStatus status = new TaskStatus.Unknown();
    if (!log.isEmpty() && log.getLast().length() > TIME_LENGTH + 2) {
      String last = log.getLast();
      try {
        endTime = OffsetDateTime.parse(last.substring(0, TIME_LENGTH)).toEpochSecond();
        TaskStatus written = TaskStatus.ofLogLine(last.substring(TIME_LENGTH + 2));
        status = written == null ? status : written;
      } catch (DateTimeParseException e) {
        LOG.debug("the log of {} ends in a torn line", upid);
      }
    }
    return new TaskInfo(upid, endTime, status);
  }

  /** Begins a task and its log. */
  public Task start(String workerType, String workerId, AuthId auth) {
    Upid upid =
        new Upid(
            node,
            ProcessHandle.current().pid(),
            processStart,
            nextId.getAndIncrement(),
            clock.instant().getEpochSecond(),
            workerType,
            workerId,
            auth);
    try {
      Path log = logFile(upid);
      Files.createDirectories(
          log.getParent() == null ? directory : log.getParent(), DIRECTORY_MODE);
      FileChannel channel =
          FileChannel.open(
              log, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), FILE_MODE);
      Task task =
          new Task(
              upid,
              new BufferedWriter(
                  new OutputStreamWriter(
                      Channels.newOutputStream(channel), StandardCharsets.UTF_8)),
              clock,
              this::ended);
      synchronized (archived) {
        running.put(upid.toString(), task);
        writeActive();
      }
      return task;
    } catch (IOException e) {
      throw new BackupException(
          Kind.INTERNAL, "cannot begin a task log in '" + directory + "': " + e, e);
    }
  }

  private void ended(Task task) {
    TaskStatus status = task.status();
    if (status == null) {
      return;
    }
    synchronized (archived) {
      running.remove(task.upid().toString());
      try {
        archive(new TaskInfo(task.upid(), clock.instant().getEpochSecond(), status));
        writeActive();
      } catch (IOException e) {
        LOG.warn("cannot archive task {}: {}", task.upid(), e.toString());
      }
    }
  }

  private void archive(TaskInfo info) throws IOException {
    remember(info);
    String line =
        String.format(
            "%s %08X %s%n",
            info.upid(), info.endTime(), info.status() == null ? "unknown" : info.status().text());
    Path archive = directory.resolve("archive");
    if (!Files.exists(archive)) {
      Files.createFile(archive, FILE_MODE);
    }
    Files.writeString(archive, line, StandardOpenOption.APPEND);
  }

  private void remember(TaskInfo info) {
    archived.add(info);
    if (archived.size() > ARCHIVED_MAX) {
      archived.removeFirst();
    }
  }

  private void writeActive() throws IOException {
    Path active = directory.resolve("active");
    Path temporary = directory.resolve("active.tmp");
    Files.deleteIfExists(temporary);
    Files.createFile(temporary, FILE_MODE);
    Files.write(temporary, running.keySet());
    Files.move(
        temporary,
        active,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  /** All tasks that are known, newest first. */
  public List<TaskInfo> list() {
    List<TaskInfo> all = new ArrayList<>();
    synchronized (archived) {
      running.values().forEach(task -> all.add(new TaskInfo(task.upid(), 0, null)));
      all.addAll(archived);
    }
    all.sort(
        Comparator.comparingLong((TaskInfo t) -> t.upid().startTime())
            .thenComparingLong(t -> t.upid().taskId())
            .reversed());
    return all;
  }

  public Optional<TaskInfo> find(Upid upid) {
    return list().stream().filter(t -> t.upid().equals(upid)).findFirst();
  }

  public @Nullable Task running(Upid upid) {
    return running.get(upid.toString());
  }

  /** The lines of a task's log; NOT_FOUND when there is none. */
  public List<String> log(Upid upid) {
    try {
      if (!Files.exists(logFile(upid))) {
        throw BackupException.invalid("No such file or directory (os error 2)");
      }
      return lines(logFile(upid));
    } catch (IOException e) {
      throw new BackupException(Kind.INTERNAL, "cannot read the log of " + upid + ": " + e, e);
    }
  }

  /** Asks all running tasks to stop. */
  public void abortAll() {
    running.values().forEach(Task::abort);
  }

  private Path logFile(Upid upid) {
    return directory.resolve(upid.logDirectory()).resolve(upid.toString());
  }
}
