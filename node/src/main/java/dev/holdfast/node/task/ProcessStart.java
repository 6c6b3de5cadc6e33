package dev.holdfast.node.task;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * This process, as task ids name it.
 *
 * @param ticks its start in clock ticks since boot (field 22 of {@code /proc/self/stat}); 0 where
 *     the system does not tell
 */
record ProcessStart(long pid, long ticks) {
  /** Behind the name in brackets, which may hold blanks, field 22 is the 20th. */
  private static final int FIELD_AFTER_NAME = 19;

  static ProcessStart current() {
    return new ProcessStart(ProcessHandle.current().pid(), ticksOfThisProcess());
  }

  private static long ticksOfThisProcess() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(fields[FIELD_AFTER_NAME]);
    } catch (IOException | RuntimeException e) {
      return 0; // no /proc here: ids stay unique by pid, counter and time
    }
  }
}
