package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileOps;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The log file of one task (spec/formats.md §9.4):
 *
 * <pre>
 * log  := (time ": " text NL)* time ": TASK " ("OK" | "WARNINGS: " n | "ERROR: " text) NL
 * time := RFC 3339, local time with offset
 * </pre>
 *
 * A text of several lines has one time, before its first. Writing is for one task at a time but any
 * thread; a log that cannot be written does not fail the work it tells about.
 */
final class TaskLog implements Closeable {
  /** What follows is left out, but for the last line: a runaway task must not fill the disk. */
  static final int LOG_BYTES_MAX = 32 * 1024 * 1024;

  /** How much of the end is searched for the status. */
  private static final int TAIL_BYTES = 8192;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ssxxx", Locale.ROOT);

  private final FileOps.WritableFile file;
  private final Clock clock;
  private long bytes;
  private boolean truncated;

  /** One line with its number, counted from 1. */
  record Line(long number, String text) {}

  /** Some lines, and how many there are in all. */
  record Page(List<Line> lines, long total) {
    Page {
      lines = List.copyOf(lines);
    }
  }

  /** How and when a log says that its task ended. */
  record End(TaskStatus status, long endTime) {}

  private TaskLog(FileOps.WritableFile file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  static TaskLog create(FileOps files, Path path, Clock clock) throws IOException {
    return new TaskLog(files.create(path, 0600), clock);
  }

  synchronized void line(String text) throws IOException {
    if (truncated) {
      return;
    }
    if (bytes > LOG_BYTES_MAX) {
      truncated = true;
      write("log is longer than " + LOG_BYTES_MAX + " bytes: the rest is left out");
    } else {
      write(text);
    }
  }

  synchronized void end(TaskStatus status) throws IOException {
    write("TASK " + status.logText());
  }

  private void write(String text) throws IOException {
    if (!file.isOpen()) {
      return; // a thread of the task that is late by a line
    }
    String time = TIME.format(OffsetDateTime.ofInstant(clock.instant(), clock.getZone()));
    ByteBuffer line = ByteBuffer.wrap((time + ": " + text + "\n").getBytes(StandardCharsets.UTF_8));
    bytes += line.remaining();
    while (line.hasRemaining()) {
      file.write(line);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }

  /**
   * Lines from the given number on.
   *
   * @param start 1-based; 0 is the first as well
   * @param limit 0 = to the end
   */
  static Page read(FileOps files, Path path, long start, long limit) throws IOException {
    List<Line> lines = new ArrayList<>();
    long number = 0;
    try (SeekableByteChannel channel = files.open(path);
        BufferedReader reader =
            new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (number >= start && (limit == 0 || lines.size() < limit)) {
          lines.add(new Line(number, line));
        }
      }
    }
    return new Page(lines, number);
  }

  /** How it ended: the last line that has a time decides. */
  static End end(FileOps files, Path path, long startTime) {
    try (SeekableByteChannel channel = files.open(path)) {
      long size = channel.size();
      ByteBuffer tail = ByteBuffer.allocate((int) Math.min(size, TAIL_BYTES));
      channel.position(size - tail.capacity());
      while (tail.hasRemaining() && channel.read(tail) >= 0) {
        // until full or at the end
      }
      List<String> lines =
          new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8).lines().toList();
      for (String line : lines.reversed()) {
        End end = endOf(line);
        if (end != null) {
          return end;
        }
      }
    } catch (IOException e) {
      // no log, no end: unknown is what is known
    }
    return new End(new TaskStatus.Unknown(), startTime);
  }

  private static @Nullable End endOf(String line) {
    int colon = line.indexOf(": ");
    if (colon < 0) {
      return null;
    }
    Instant time;
    try {
      time = OffsetDateTime.parse(line.substring(0, colon), TIME).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
    String text = line.substring(colon + 2);
    TaskStatus status =
        text.startsWith("TASK ")
            ? TaskStatus.parse(text.substring("TASK ".length()))
            : new TaskStatus.Unknown();
    return new End(status, time.getEpochSecond());
  }

  static BackupException unreadable(Path path, IOException e) {
    return new BackupException(Kind.INTERNAL, "cannot read task log '" + path + "': " + e, e);
  }
}
