package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.replication.peer.RemoteNode;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The clients of {@link LoadBench} that move data, in a process of their own: they back up without
 * a pause, and one restores. In the field they have processors of their own; here they get what the
 * node leaves. Each finished backup is a line, {@code GROUP NUMBER}, of the output.
 */
final class LoadClients {
  private static final DatastoreName DATASTORE = new DatastoreName("main");
  private static final String BEHIND_THE_NODE = "10";

  /** Each of 32 has up to 16 chunks on their way, plain and encoded, while the node is slow. */
  private static final String HEAP_MAX = "-Xmx4g";

  private final NumberedSnapshots snapshots;
  private final long end;
  private final AtomicLong times = new AtomicLong();
  private final Queue<SnapshotId> finished = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  private LoadClients(NumberedSnapshots snapshots, long end) {
    this.snapshots = snapshots;
    this.end = end;
  }

  /** Starts them with this program's own options, but more memory and a lower priority. */
  static Process start(NodeProcess node, Path passwordFile, int backups, int seconds, Path log)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("nice", "-n", BEHIND_THE_NODE));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add(HEAP_MAX);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(LoadClients.class.getName());
    command.addAll(List.of(node.address(), node.fingerprint(), passwordFile.toString()));
    command.addAll(List.of(Integer.toString(backups), Integer.toString(seconds)));
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** What they have finished so far, until they end. */
  static void readFinished(Process clients, Queue<SnapshotId> finished) throws IOException {
    try (BufferedReader lines = clients.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] parts = line.split(" ", 2);
        finished.add(NumberedSnapshots.id(Integer.parseInt(parts[0]), Long.parseLong(parts[1])));
      }
    }
  }

  static NumberedSnapshots snapshots(RemoteNode node, ExecutorService pool) {
    return new NumberedSnapshots(node, DATASTORE, pool);
  }

  static ExecutorService pool() {
    return Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
  }

  public static void main(String[] args) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Integer.parseInt(args[4]));
    Vertx vertx = NodeVertx.create(1);
    ExecutorService pool = pool();
    try (RemoteNode node = administrator(vertx, args)) {
      new LoadClients(snapshots(node, pool), end).run(Integer.parseInt(args[3]));
    } finally {
      pool.shutdownNow();
      vertx.close();
    }
  }

  private static RemoteNode administrator(Vertx vertx, String[] args) throws IOException {
    return NodeProcess.administrator(
        vertx, HostAndPort.parse(args[0], 0), args[1], Path.of(args[2]));
  }

  private void run(int backups) throws IOException {
    // Not virtual threads: these would wait for each other's work on the same two carriers.
    try (ExecutorService clients = Executors.newCachedThreadPool()) {
      for (int i = 0; i < backups; i++) {
        int group = i;
        clients.execute(() -> repeat(() -> backUp(group)));
      }
      clients.execute(() -> repeat(this::restoreOne));
    }
    if (failure.get() != null) {
      throw new IOException("a client failed: " + failure.get().getMessage(), failure.get());
    }
  }

  private interface Round {
    void run() throws Exception;
  }

  /** Again and again until the time is over or something has failed. */
  private void repeat(Round round) {
    try {
      while (System.nanoTime() - end < 0 && failure.get() == null) {
        round.run();
      }
    } catch (Exception | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  private void backUp(int group) {
    long number = times.incrementAndGet();
    SnapshotId snapshot = NumberedSnapshots.id(group, number);
    snapshots.backUp(snapshot);
    finished.add(snapshot);
    System.out.println(group + " " + number);
  }

  private void restoreOne() throws Exception {
    SnapshotId first = finished.peek();
    if (first == null) {
      Thread.sleep(Duration.ofMillis(10));
    } else {
      snapshots.check(first);
    }
  }
}
