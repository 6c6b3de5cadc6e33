package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateFile;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends this node's figures to the servers of {@code metricserver.cfg}, again and again. One that
 * is slow or away holds up no other, gets nothing meanwhile, and is told of in the log once.
 */
public final class MetricPush {
  /** As real servers do. */
  public static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(MetricPush.class);

  private final StateFile<SectionConfig> file;
  private final Supplier<List<String>> figures;
  private final Set<String> sending = ConcurrentHashMap.newKeySet();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();

  /**
   * @param figures as lines for a server, of now; asked on a thread that may block
   */
  public MetricPush(StateFile<SectionConfig> file, Supplier<List<String>> figures) {
    this.file = file;
    this.figures = figures;
  }

  /**
   * Sends now, and from now on.
   *
   * @param later runs something after a time, on a thread that may block, as long as the node runs
   */
  public void start(BiConsumer<Duration, Runnable> later) {
    try {
      sendAll();
    } catch (BackupException e) {
      LOG.warn("figures are not sent: {}", e.text());
    }
    later.accept(INTERVAL, () -> start(later));
  }

  private void sendAll() {
    List<Section> servers =
        file.load().value().sections().stream().filter(MetricServerConfig::isEnabled).toList();
    if (servers.isEmpty()) {
      return;
    }
    List<String> lines = figures.get();
    for (Section server : servers) {
      if (sending.add(server.id())) {
        Thread.ofVirtual().name("metrics-" + server.id()).start(() -> send(server, lines));
      }
    }
  }

  private void send(Section server, List<String> lines) {
    String name = server.id();
    try {
      MetricServerConfig.server(server).send(lines);
      if (failing.remove(name)) {
        LOG.info("metric server '{}' takes figures again", name);
      }
    } catch (BackupException e) {
      if (failing.add(name)) {
        LOG.warn("{}", e.text());
      }
    } catch (RuntimeException e) {
      LOG.error("metric server '{}' was not sent to", name, e);
    } finally {
      sending.remove(name);
    }
  }
}
