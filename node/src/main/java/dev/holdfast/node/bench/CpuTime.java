package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processor time as Linux counts it, in hundredths of a second (proc_pid_stat(5)). */
final class CpuTime {
  private static final double TICKS_PER_SECOND = 100;

  /** Places in the line after the name of the program: user and system time. */
  private static final int OWN = 11;

  private static final int CHILDREN = 13;

  private CpuTime() {}

  /** Of all threads of a process since it began, in seconds. */
  static double ofProcess(long pid) throws IOException {
    return seconds(Long.toString(pid), OWN);
  }

  /** Of all processes that this one started and that have ended, in seconds. */
  static double ofEndedChildren() throws IOException {
    return seconds("self", CHILDREN);
  }

  private static double seconds(String process, int first) throws IOException {
    String line = Files.readString(Path.of("/proc", process, "stat"));
    // The name, in parentheses, may hold anything.
    String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[first]) + Long.parseLong(fields[first + 1])) / TICKS_PER_SECOND;
  }
}
