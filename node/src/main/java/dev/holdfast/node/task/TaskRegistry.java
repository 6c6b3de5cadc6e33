package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.AuthId;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tasks of this node: those that run in this process and those that the archive remembers. A
 * task of an earlier process that never ended is found at the start and filed with what its log
 * says. Any thread; blocks on files.
 */
public final class TaskRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(TaskRegistry.class);

  /** What clients do, and wait for. */
  private static final Set<String> SESSIONS = Set.of("backup", "reader");

  private final FileOps files;
  private final Path directory;
  private final Clock clock;
  private final String node;
  private final ProcessStart process;
  private final TaskLists lists;
  private final Map<Upid, WorkerTask> running = new LinkedHashMap<>();

  /** Ended, and to be filed yet: the disk was full. Until then they count as active on disk. */
  private final Map<Upid, TaskInfo> unfiled = new LinkedHashMap<>();

  private long lastTaskId;
  private boolean stopping;

  /** What a task does; whatever it throws becomes the task's error. */
  @FunctionalInterface
  public interface Body {
    void run(WorkerTask task) throws Exception;
  }

  /** A page of a log, as the API shows it. */
  public record LogPage(List<LogLine> lines, long total, boolean active) {
    public LogPage {
      lines = List.copyOf(lines);
    }
  }

  /** One line, its number counted from 1. */
  public record LogLine(long number, String text) {}

  private TaskRegistry(
      FileOps files, Path directory, Clock clock, String node, ProcessStart process) {
    this.files = files;
    this.directory = directory;
    this.clock = clock;
    this.node = node;
    this.process = process;
    this.lists = new TaskLists(files, directory, new SplittableRandom());
  }

  /**
   * @param directory exists already
   * @param clock with the zone that log lines are written in
   * @param host the host's name; cut at the first dot for the task ids
   */
  public static TaskRegistry open(FileOps files, Path directory, Clock clock, String host) {
    TaskRegistry registry =
        new TaskRegistry(files, directory, clock, shortName(host), ProcessStart.current());
    registry.lists.active().forEach(registry::fileInterrupted);
    registry.writeActive();
    return registry;
  }

  private void fileInterrupted(Upid task) {
    if (lists.hasArchived(task)) {
      return; // its process died between the two lists
    }
    TaskLog.End end = TaskLog.end(files, logFile(task), task.startTime());
    LOG.warn("task {} did not end with its process: filed as '{}'", task, end.status().text());
    file(new TaskInfo(task, end.status(), end.endTime()));
  }

  public Clock clock() {
    return clock;
  }

  /**
   * Starts a task that the caller ends himself. Throws INVALID_INPUT when its id would be too long
   * for the name of its log, as that of a namespace with a very long name can be.
   */
  public synchronized WorkerTask start(String workerType, @Nullable String workerId, AuthId owner) {
    Upid upid =
        new Upid(
            node,
            process.pid(),
            process.ticks(),
            ++lastTaskId,
            clock.instant().getEpochSecond(),
            workerType,
            workerId,
            owner);
    int length = upid.toString().length();
    if (length > Upid.LENGTH_MAX) {
      throw BackupException.invalid(
          "the id of the task would have "
              + length
              + " characters, expected at most "
              + Upid.LENGTH_MAX
              + ": its namespace has too long a name");
    }
    WorkerTask task;
    try {
      Path file = logFile(upid);
      Path parent = directory.resolve(upid.directoryName());
      if (files.stat(parent) == null) {
        files.createDirectory(parent, 0700);
      }
      task = new WorkerTask(this, upid, TaskLog.create(files, file, clock));
    } catch (IOException e) {
      throw new BackupException(Kind.INTERNAL, "cannot start task " + upid + ": " + e, e);
    }
    running.put(upid, task);
    writeActive();
    return task;
  }

  /** Runs the work on a thread of its own and returns at once with the task's name. */
  public Upid spawn(String workerType, @Nullable String workerId, AuthId owner, Body body) {
    WorkerTask task = start(workerType, workerId, owner);
    spawn(task, body);
    return task.upid();
  }

  /** Runs the work of a task that was {@link #start started} on a thread of its own. */
  public void spawn(WorkerTask task, Body body) {
    Thread.ofVirtual().name(task.upid().workerType()).start(() -> work(task, body));
  }

  /** Runs the work on this thread; what it throws ends the task and is thrown on. */
  public void run(String workerType, @Nullable String workerId, AuthId owner, Body body)
      throws Exception {
    WorkerTask task = start(workerType, workerId, owner);
    try {
      body.run(task);
    } catch (Throwable e) {
      task.finish(e);
      throw e;
    }
    task.finish(null);
  }

  private static void work(WorkerTask task, Body body) {
    try {
      body.run(task);
      task.finish(null);
    } catch (Throwable e) {
      if (!(e instanceof BackupException)) {
        LOG.error("task {} failed", task.upid(), e);
      }
      task.finish(e);
    }
  }

  synchronized boolean clientsAreServed() {
    return running.keySet().stream().anyMatch(upid -> SESSIONS.contains(upid.workerType()));
  }

  void ended(WorkerTask task, TaskStatus status) {
    long now = clock.instant().getEpochSecond();
    synchronized (this) {
      running.remove(task.upid());
      file(new TaskInfo(task.upid(), status, now));
      writeActive();
      notifyAll();
    }
  }

  private synchronized void file(TaskInfo ended) {
    unfiled.values().removeIf(task -> lists.hasArchived(task.upid()) || lists.archive(task));
    if (!lists.archive(ended)) {
      unfiled.put(ended.upid(), ended);
    }
  }

  private synchronized void writeActive() {
    List<Upid> active = new ArrayList<>(unfiled.keySet());
    active.addAll(running.keySet());
    lists.replaceActive(active);
  }

  /** Asks a task to stop; false when it does not run here. */
  public boolean abort(Upid upid) {
    WorkerTask task;
    synchronized (this) {
      task = running.get(upid);
    }
    if (task == null) {
      return false;
    }
    task.abort();
    return true;
  }

  /** Asks all tasks to stop: the node ends. */
  public void abortAll() {
    List<WorkerTask> tasks;
    synchronized (this) {
      stopping = true;
      tasks = List.copyOf(running.values());
    }
    tasks.forEach(WorkerTask::abort);
  }

  synchronized boolean isStopping() {
    return stopping;
  }

  /** Waits until nothing runs, at most so long; returns how many still do. */
  public synchronized int awaitIdle(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!running.isEmpty()) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      wait(left);
    }
    return running.size();
  }

  /**
   * What a rotation of the archive did.
   *
   * @param rotated a full list was moved aside
   * @param archives lists that were dropped, with the logs of the tasks in them
   */
  public record Rotation(boolean rotated, int archives, int logs) {}

  /**
   * Moves a full archive aside and drops old ones, with their logs; once a day.
   *
   * @param maxDays how long a task is remembered; absent = about 10 MiB of archives
   */
  public Rotation rotateArchive(OptionalLong maxDays) {
    long now = clock.instant().getEpochSecond();
    return lists.rotate(
        maxDays.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(now - Duration.ofDays(maxDays.getAsLong()).toSeconds()));
  }

  public synchronized int runningCount() {
    return running.size();
  }

  /**
   * Newest first, running ones before all.
   *
   * @param start how many to leave out
   * @param limit 0 = all
   */
  public List<TaskInfo> list(TaskFilter filter, long start, long limit) {
    List<TaskInfo> here = new ArrayList<>();
    List<TaskInfo> ended;
    synchronized (this) {
      ended = new ArrayList<>(unfiled.values());
      running.keySet().forEach(upid -> here.add(new TaskInfo(upid, new TaskStatus.Running(), 0)));
    }
    here.sort(Comparator.comparingLong((TaskInfo t) -> t.upid().startTime()));
    Collections.reverse(here);
    Page page = new Page(filter, start, limit);
    here.forEach(page);
    if (!page.full() && !filter.running()) {
      ended.reversed().forEach(page);
      lists.visitArchive(page::full, page);
    }
    return page.found();
  }

  /** Running, or as the archive or the log remembers it; empty when it never was here. */
  public Optional<TaskInfo> find(Upid upid) {
    synchronized (this) {
      if (running.containsKey(upid)) {
        return Optional.of(new TaskInfo(upid, new TaskStatus.Running(), 0));
      }
    }
    Path file = logFile(upid);
    try {
      if (files.stat(file) == null) {
        return Optional.empty();
      }
    } catch (IOException e) {
      throw TaskLog.unreadable(file, e);
    }
    TaskLog.End end = TaskLog.end(files, file, upid.startTime());
    return Optional.of(new TaskInfo(upid, end.status(), end.endTime()));
  }

  /**
   * @param start number of the first line, from 1
   * @param limit 0 = to the end
   */
  public LogPage log(Upid upid, long start, long limit) {
    // Asked before reading: a log that is complete must not be called active for ever, but one
    // that is called ended must be complete.
    boolean active;
    synchronized (this) {
      active = running.containsKey(upid);
    }
    Path file = logFile(upid);
    try {
      TaskLog.Page page = TaskLog.read(files, file, start, limit);
      return new LogPage(
          page.lines().stream().map(l -> new LogLine(l.number(), l.text())).toList(),
          page.total(),
          active);
    } catch (NoSuchFileException e) {
      throw new BackupException(Kind.INVALID_INPUT, "No such file or directory (os error 2)", e);
    } catch (IOException e) {
      throw TaskLog.unreadable(file, e);
    }
  }

  private Path logFile(Upid upid) {
    return directory.resolve(upid.directoryName()).resolve(upid.toString());
  }

  private static String shortName(String host) {
    int dot = host.indexOf('.');
    String name = (dot < 0 ? host : host.substring(0, dot)).replaceAll("[^A-Za-z0-9-]", "");
    name = name.replaceAll("^-+|-+$", "");
    return name.isEmpty() ? "localhost" : name;
  }

  private static final class Page implements Consumer<TaskInfo> {
    private final TaskFilter filter;
    private final long limit;
    private final List<TaskInfo> found = new ArrayList<>();
    private long toSkip;

    Page(TaskFilter filter, long start, long limit) {
      this.filter = filter;
      this.toSkip = start;
      this.limit = limit;
    }

    boolean full() {
      return limit > 0 && found.size() >= limit;
    }

    @Override
    public void accept(TaskInfo task) {
      if (!full() && filter.accepts(task) && toSkip-- <= 0) {
        found.add(task);
      }
    }

    List<TaskInfo> found() {
      return List.copyOf(found);
    }
  }
}
