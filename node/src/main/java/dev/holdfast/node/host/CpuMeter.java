package dev.holdfast.node.host;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How busy the processors are: shares of the time since the last look, or since the machine's start
 * at the first one. Looks that follow each other quickly get the same answer. Any thread.
 */
public final class CpuMeter {
  /** Shorter ones are mostly noise. */
  private static final Duration INTERVAL_MIN = Duration.ofSeconds(1);

  // Fields of the first line of /proc/stat, in clock ticks.
  private static final int IDLE = 4;
  private static final int IO_WAIT = 5;
  private static final int STEAL = 8; // guest times behind it are in user and nice already

  /** Shares from 0 to 1. */
  public record Use(double busy, double ioWait) {}

  private record Ticks(long busy, long ioWait, long all) {}

  private Ticks last = new Ticks(0, 0, 0);
  private long lastNanos;
  private Use use = new Use(0, 0);

  public synchronized Use use() {
    long now = System.nanoTime();
    if (lastNanos == 0 || now - lastNanos >= INTERVAL_MIN.toNanos()) {
      Ticks ticks = ticks();
      long all = ticks.all() - last.all();
      if (all > 0) {
        use =
            new Use(
                (double) (ticks.busy() - last.busy()) / all,
                (double) (ticks.ioWait() - last.ioWait()) / all);
        last = ticks;
        lastNanos = now;
      }
    }
    return use;
  }

  private static Ticks ticks() {
    List<String> lines = HostFacts.lines(Path.of("/proc/stat"));
    String[] fields = lines.isEmpty() ? new String[0] : lines.getFirst().split("\\s+", -1);
    long all = 0;
    for (int i = 1; i < fields.length && i <= STEAL; i++) {
      all += Long.parseLong(fields[i]);
    }
    if (fields.length <= IO_WAIT) {
      return new Ticks(0, 0, 0);
    }
    long wait = Long.parseLong(fields[IO_WAIT]);
    return new Ticks(all - wait - Long.parseLong(fields[IDLE]), wait, all);
  }
}
