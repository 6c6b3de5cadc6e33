package dev.holdfast.node.host;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Memory, load, processors, kernel, from {@code /proc} and {@code /sys} of Linux. What a machine
 * does not say is zero or empty. Every call reads files: not on an event loop.
 */
public final class HostFacts {
  private static final Path PROC = Path.of("/proc");
  private static final Path EFI = Path.of("/sys/firmware/efi");

  /** A byte behind four of attributes: 1 = on. */
  private static final String SECURE_BOOT =
      "efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

  private static final long KIB = 1024;

  private HostFacts() {}

  /** Bytes; {@code used} is what would not be given to a new program. */
  public record Memory(long total, long used, long free) {}

  public static Memory memory() {
    Map<String, Long> values = memoryValues();
    long total = values.getOrDefault("MemTotal", 0L);
    long available = values.getOrDefault("MemAvailable", values.getOrDefault("MemFree", 0L));
    return new Memory(total, total - available, available);
  }

  public static Memory swap() {
    Map<String, Long> values = memoryValues();
    long total = values.getOrDefault("SwapTotal", 0L);
    long free = values.getOrDefault("SwapFree", 0L);
    return new Memory(total, total - free, free);
  }

  private static Map<String, Long> memoryValues() {
    Map<String, Long> values = new HashMap<>();
    for (String line : lines(PROC.resolve("meminfo"))) {
      String[] fields = line.split("\\s+", -1);
      if (fields.length > 1 && fields[0].endsWith(":")) {
        values.put(fields[0].substring(0, fields[0].length() - 1), Long.parseLong(fields[1]) * KIB);
      }
    }
    return values;
  }

  /** Bytes of the root file system. */
  public record Disk(long total, long used, long available) {}

  public static Disk rootDisk() throws IOException {
    FileStore store = Files.getFileStore(Path.of("/"));
    long total = store.getTotalSpace();
    return new Disk(total, total - store.getUnallocatedSpace(), store.getUsableSpace());
  }

  /** Of the last 1, 5 and 15 minutes. */
  public static List<Double> load() {
    List<Double> load = new ArrayList<>();
    for (String field : firstLine(PROC.resolve("loadavg")).split(" ", -1)) {
      if (load.size() < 3 && !field.isEmpty()) {
        load.add(Double.parseDouble(field));
      }
    }
    return load.size() == 3 ? List.copyOf(load) : List.of(0.0, 0.0, 0.0);
  }

  public static long uptimeSeconds() {
    String seconds = firstLine(PROC.resolve("uptime")).split("[. ]", -1)[0];
    return seconds.isEmpty() ? 0 : Long.parseLong(seconds);
  }

  /**
   * @param sockets chips, at least one
   * @param cpus processors that the system schedules on
   */
  public record Processors(String model, int sockets, int cpus) {}

  public static Processors processors() {
    List<String> lines = lines(PROC.resolve("cpuinfo"));
    String model =
        lines.stream().filter(named("model name")).map(HostFacts::value).findFirst().orElse("");
    long sockets =
        lines.stream().filter(named("physical id")).map(HostFacts::value).distinct().count();
    return new Processors(
        model, (int) Math.max(1, sockets), Runtime.getRuntime().availableProcessors());
  }

  private static Predicate<String> named(String name) {
    return line -> line.startsWith(name);
  }

  private static String value(String line) {
    return line.substring(line.indexOf(':') + 1).strip();
  }

  /** In the words of the system. */
  public record Kernel(String name, String release, String version, String machine) {}

  public static Kernel kernel() {
    Path kernel = PROC.resolve("sys/kernel");
    String machine = System.getProperty("os.arch", "");
    return new Kernel(
        System.getProperty("os.name", ""),
        System.getProperty("os.version", ""),
        firstLine(kernel.resolve("version")),
        machine.equals("amd64") ? "x86_64" : machine);
  }

  public static boolean bootedByEfi() {
    return Files.isDirectory(EFI);
  }

  public static boolean securelyBooted() {
    try {
      byte[] variable = Files.readAllBytes(EFI.resolve(SECURE_BOOT));
      return variable.length > 0 && variable[variable.length - 1] == 1;
    } catch (IOException e) {
      return false; // no such variable, or not for us to read: nothing says that it is on
    }
  }

  private static String firstLine(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? "" : lines.getFirst();
  }

  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // another kind of system
    }
  }
}
