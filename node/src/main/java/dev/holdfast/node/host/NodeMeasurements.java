package dev.holdfast.node.host;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.host.Measurements.Sample;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures the machine and the datastores once a minute (spec/rest-api.md §6.2, §6.8). */
public final class NodeMeasurements {
  private static final Logger LOG = LoggerFactory.getLogger(NodeMeasurements.class);

  /** How full the datastores are now; one that cannot be told is left out. */
  public interface Spaces {
    Map<DatastoreName, Supplier<FileOps.Space>> now();
  }

  private final Spaces spaces;
  private final InstantSource clock;
  private final CpuMeter cpu = new CpuMeter();
  private final Measurements host = new Measurements();
  private final Map<DatastoreName, Measurements> stores = new ConcurrentHashMap<>();

  public NodeMeasurements(Spaces spaces, InstantSource clock) {
    this.spaces = spaces;
    this.clock = clock;
  }

  /**
   * Measures now, and from now on.
   *
   * @param later runs something after a time, as long as the node runs
   */
  public void start(BiConsumer<Duration, Runnable> later) {
    measure();
    later.accept(Duration.ofSeconds(Measurements.STEP_SECONDS), () -> start(later));
  }

  public Measurements host() {
    return host;
  }

  /** Empty for a store that nobody measured. */
  public Measurements store(DatastoreName name) {
    return stores.getOrDefault(name, new Measurements());
  }

  /** Seconds since 1970. */
  public long now() {
    return clock.instant().getEpochSecond();
  }

  private void measure() {
    long now = now();
    host.add(new Sample(now, hostValues()));
    spaces
        .now()
        .forEach(
            (name, space) -> {
              try {
                stores
                    .computeIfAbsent(name, unused -> new Measurements())
                    .add(new Sample(now, values(space.get())));
              } catch (BackupException e) {
                LOG.debug("datastore '{}' cannot be measured: {}", name, e.text());
              }
            });
  }

  private static SortedMap<String, Double> values(FileOps.Space space) {
    SortedMap<String, Double> values = new TreeMap<>();
    values.put("total", (double) space.totalBytes());
    values.put("used", (double) space.usedBytes());
    values.put("available", (double) space.availableBytes());
    return values;
  }

  private SortedMap<String, Double> hostValues() {
    SortedMap<String, Double> values = new TreeMap<>();
    CpuMeter.Use use = cpu.use();
    values.put("cpu", use.busy());
    values.put("iowait", use.ioWait());
    List<Double> load = HostFacts.load();
    values.put("loadavg", load.getFirst());
    HostFacts.Memory memory = HostFacts.memory();
    values.put("memtotal", (double) memory.total());
    values.put("memused", (double) memory.used());
    HostFacts.Memory swap = HostFacts.swap();
    values.put("swaptotal", (double) swap.total());
    values.put("swapused", (double) swap.used());
    try {
      HostFacts.Disk root = HostFacts.rootDisk();
      values.put("total", (double) root.total());
      values.put("used", (double) root.used());
    } catch (IOException e) {
      LOG.debug("the root file system cannot be measured: {}", e.toString());
    }
    return values;
  }
}
