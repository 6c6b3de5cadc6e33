package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.node.bench.Measurement.Limit;
import dev.holdfast.replication.peer.RemoteNode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * A node under everything at once: 32 clients that back up without a pause, one that restores, and
 * 100 REST calls each second, all on the node's own cores. What was backed up is restored at the
 * end and compared. Any error ends the benchmark with it.
 */
public final class LoadBench {
  private static final int BACKUPS = 32;
  private static final int CALLS_PER_SECOND = 100;

  /** A node of months has compiled its code; after this one has, too. */
  private static final int WARM_UP_SECONDS = 40;

  private static final int CALLERS = 32;
  private static final double P99_MILLISECONDS_MAX = 100;

  /** A heap of 512 MiB, direct buffers of 256 MiB, and what the JVM itself takes. */
  private static final double RESIDENT_MEGABYTES_MAX = 1000;

  private static final String VERSION = "/version";

  /** Five times a second somebody's monitoring reads the store. */
  private static final String LIST = "/admin/datastore/main/groups";

  private static final int CALLS_PER_LIST = 20;

  private final Path launcher;
  private final Path directory;
  private final int seconds;

  private final Queue<SnapshotId> finished = new ConcurrentLinkedQueue<>();
  private final Queue<Double> versionMilliseconds = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /**
   * @param launcher {@code scripts/holdfast}
   * @param directory an empty one
   */
  public LoadBench(Path launcher, Path directory, int seconds) {
    this.launcher = launcher;
    this.directory = directory;
    this.seconds = seconds;
  }

  public List<Measurement> run() throws IOException, InterruptedException {
    Path config =
        Files.writeString(
            directory.resolve("mesh.yaml"),
            "site: bench\ndatastores: { main: { path: " + directory.resolve("store") + " } }\n");
    Path log = directory.resolve("log");
    Path password = directory.resolve("state").resolve("admin-password");
    ExecutorService pool = LoadClients.pool();
    Vertx vertx = NodeVertx.create(1);
    try (NodeProcess node = NodeProcess.start(launcher, directory.resolve("state"), config, log);
        RemoteNode data = node.administrator(vertx, password);
        Callers callers = callers(vertx, node, password)) {
      Path clientsLog = directory.resolve("clients");
      Process clients =
          LoadClients.start(node, password, BACKUPS, WARM_UP_SECONDS + seconds, clientsLog);
      try {
        double rate = load(clients, callers);
        double resident = node.residentMegabytesMax();
        if (clients.waitFor() != 0 || failure.get() != null) {
          throw new IOException(
              "a client failed under load: " + Files.readString(clientsLog), failure.get());
        }
        NumberedSnapshots snapshots = LoadClients.snapshots(data, pool);
        for (SnapshotId snapshot : finished) {
          snapshots.check(snapshot);
        }
        requireQuiet(log);
        return List.of(p99(), memory(resident), rate(rate));
      } finally {
        clients.destroyForcibly();
      }
    } finally {
      pool.shutdownNow();
      vertx.close();
    }
  }

  /** Each has eight connections: no call is to wait for another one's. */
  private record Callers(List<RemoteNode> all) implements AutoCloseable {
    RemoteNode of(int call) {
      return all.get(call % all.size());
    }

    @Override
    public void close() {
      all.forEach(RemoteNode::close);
    }
  }

  private static Callers callers(Vertx vertx, NodeProcess node, Path password) throws IOException {
    List<RemoteNode> all = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      all.add(node.administrator(vertx, password));
    }
    return new Callers(all);
  }

  /** Asks while the clients work, and returns what they back up, in MiB/s, when warm. */
  private double load(Process clients, Callers callers) throws InterruptedException {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      threads.execute(
          () -> {
            try {
              LoadClients.readFinished(clients, finished);
            } catch (IOException | RuntimeException e) {
              failure.compareAndSet(null, e);
            }
          });
      ask(threads, callers, WARM_UP_SECONDS);
      int before = finished.size();
      versionMilliseconds.clear();
      long began = System.nanoTime();
      ask(threads, callers, seconds);
      long bytes = (finished.size() - before) * NumberedSnapshots.bytes();
      return Rates.mebibytesPerSecond(bytes, System.nanoTime() - began);
    }
  }

  private void ask(ExecutorService threads, Callers callers, int forSeconds)
      throws InterruptedException {
    long callNanos = TimeUnit.SECONDS.toNanos(1) / CALLS_PER_SECOND;
    long due = System.nanoTime();
    for (int i = 0; i < forSeconds * CALLS_PER_SECOND && failure.get() == null; i++) {
      TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      String path = i % CALLS_PER_LIST == 0 ? LIST : VERSION;
      RemoteNode caller = callers.of(i);
      long wanted = due;
      threads.execute(() -> call(caller, path, wanted));
      due += callNanos;
    }
  }

  /** Its time counts from when it was due: a call that had to wait for its turn was slow, too. */
  private void call(RemoteNode caller, String path, long due) {
    try {
      caller.get(path);
      if (path.equals(VERSION)) {
        versionMilliseconds.add((System.nanoTime() - due) / 1e6);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  private static void requireQuiet(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> loud =
          lines.filter(line -> line.contains(" ERROR ") || line.contains("BlockedThread")).toList();
      if (!loud.isEmpty()) {
        throw new IOException("the node logged " + loud.size() + " times: " + loud.getFirst());
      }
    }
  }

  private Measurement p99() {
    List<Double> sorted = new ArrayList<>(versionMilliseconds);
    Collections.sort(sorted);
    double p99 = sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(sorted.size() * 0.99)));
    return Measurement.limited(
        "p99 of GET version under load", "ms", List.of(p99), P99_MILLISECONDS_MAX);
  }

  private static Measurement memory(double resident) {
    return Measurement.limited(
        "resident memory under load", Rates.MEGABYTES, List.of(resident), RESIDENT_MEGABYTES_MAX);
  }

  private static Measurement rate(double rate) {
    return new Measurement(
        "backups under load",
        Rates.MEBIBYTES_PER_SECOND,
        List.of(rate),
        "none",
        List.of(rate),
        Limit.NONE);
  }
}
