package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.node.bench.Measurement.Limit;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A node under everything at once: 32 clients that back up without a pause, one that restores, and
 * 100 REST calls each second, all on the node's own cores, but behind it. What was backed up is
 * restored at the end and compared. Any error ends the benchmark with it.
 */
public final class LoadBench {
  /** A node of months has compiled its code; by the end of this one has, too. */
  private static final Load WARM_UP = new Load(8, 25, 40);

  private static final int CALLERS = 32;
  private static final double P99_MILLISECONDS_MAX = 100;

  /** A heap of 512 MiB, direct buffers of 256 MiB, and what the JVM itself takes. */
  private static final double RESIDENT_MEGABYTES_MAX = 1000;

  private static final DatastoreName DATASTORE = new DatastoreName("main");

  private static final String VERSION = "/version";

  /** Five times a second somebody's monitoring reads the store. */
  private static final String LIST = "/admin/datastore/main/groups";

  private static final int CALLS_PER_LIST = 20;

  /** How many back up without a pause, and how many calls come in each of how many seconds. */
  private record Load(int backups, int callsPerSecond, int seconds) {}

  private final Path launcher;
  private final Path directory;
  private final Load load;

  private final AtomicLong times = new AtomicLong();
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
    this.load = new Load(32, 100, seconds);
  }

  public List<Measurement> run() throws IOException, InterruptedException {
    Path config =
        Files.writeString(
            directory.resolve("mesh.yaml"),
            "site: bench\ndatastores: { main: { path: " + directory.resolve("store") + " } }\n");
    Path log = directory.resolve("log");
    ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    Vertx forData = NodeVertx.create(1);
    Vertx forCalls = NodeVertx.create(1);
    try (NodeProcess node = NodeProcess.start(launcher, directory.resolve("state"), config, log);
        RemoteNode data = remote(forData, node);
        Callers calls =
            new Callers(
                IntStream.range(0, CALLERS).mapToObj(i -> remote(forCalls, node)).toList())) {
      yieldToTheNode();
      NumberedSnapshots snapshots = new NumberedSnapshots(data, DATASTORE, pool);
      double unused = run(WARM_UP, snapshots, calls, node);
      finished.clear();
      versionMilliseconds.clear();
      long began = System.nanoTime();
      double resident = run(load, snapshots, calls, node);
      double rate =
          Rates.mebibytesPerSecond(
              finished.size() * NumberedSnapshots.bytes(), System.nanoTime() - began);
      for (SnapshotId snapshot : finished) {
        snapshots.check(snapshot);
      }
      requireQuiet(log);
      return List.of(
          p99(),
          memory(resident),
          new Measurement(
              "backups under load",
              Rates.MEBIBYTES_PER_SECOND,
              List.of(rate),
              "none",
              List.of(rate),
              Limit.NONE));
    } finally {
      pool.shutdownNow();
      forData.close();
      forCalls.close();
    }
  }

  /**
   * Clients have processors of their own; here they get what the node leaves. Threads that are
   * started later have the priority of who starts them.
   */
  private static void yieldToTheNode() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("renice", "-n", "10", "-p"));
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      threads.forEach(thread -> command.add(String.valueOf(thread.getFileName())));
    }
    // A thread that ended meanwhile is an error to it, and none to us.
    new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
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

  private RemoteNode remote(Vertx vertx, NodeProcess node) {
    return new RemoteNode(
        vertx,
        new HostAndPort(node.host(), node.port()),
        PinnedTrust.of(Fingerprint.parse(node.fingerprint())),
        new Credential.Password(AuthId.parse("admin@pbs"), new Secret(password())),
        WireClient.ANSWER_TIMEOUT);
  }

  private String password() {
    try {
      return Files.readString(directory.resolve("state").resolve("admin-password")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the most that the node held in memory, in megabytes. */
  private double run(Load load, NumberedSnapshots snapshots, Callers calls, NodeProcess node)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(load.seconds());
    double resident = 0;
    // Not virtual threads: these would wait for each other's work on the same two carriers.
    try (ExecutorService clients = Executors.newCachedThreadPool()) {
      for (int i = 0; i < load.backups(); i++) {
        int group = i;
        clients.execute(() -> repeat(end, () -> backUp(snapshots, group)));
      }
      clients.execute(() -> repeat(end, () -> restoreOne(snapshots)));
      long callNanos = TimeUnit.SECONDS.toNanos(1) / load.callsPerSecond();
      int asked = 0;
      for (long due = System.nanoTime(); due - end < 0 && failure.get() == null; due += callNanos) {
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
        String path = asked % CALLS_PER_LIST == 0 ? LIST : VERSION;
        long wanted = due;
        RemoteNode caller = calls.of(asked);
        clients.execute(() -> once(() -> call(caller, path, wanted)));
        if (asked++ % load.callsPerSecond() == 0) {
          resident = Math.max(resident, node.residentMegabytes());
        }
      }
    }
    if (failure.get() != null) {
      throw new IOException(
          "a client failed under load: " + failure.get().getMessage(), failure.get());
    }
    return resident;
  }

  private interface Round {
    void run() throws Exception;
  }

  /** Again and again until the time is over or something has failed. */
  private void repeat(long end, Round round) {
    while (System.nanoTime() - end < 0 && failure.get() == null) {
      once(round);
    }
  }

  private void once(Round round) {
    try {
      round.run();
    } catch (Exception | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  private void backUp(NumberedSnapshots snapshots, int group) {
    SnapshotId snapshot = NumberedSnapshots.id(group, times.incrementAndGet());
    snapshots.backUp(snapshot);
    finished.add(snapshot);
  }

  private void restoreOne(NumberedSnapshots snapshots) throws Exception {
    SnapshotId first = finished.peek();
    if (first == null) {
      Thread.sleep(Duration.ofMillis(10));
    } else {
      snapshots.check(first);
    }
  }

  /** Its time counts from when it was due: a call that had to wait for its turn was slow, too. */
  private void call(RemoteNode caller, String path, long due) {
    caller.get(path);
    if (path.equals(VERSION)) {
      versionMilliseconds.add((System.nanoTime() - due) / 1e6);
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
    return new Measurement(
        "p99 of GET version under load",
        "ms",
        List.of(p99),
        "the limit",
        List.of(P99_MILLISECONDS_MAX),
        Limit.atMost(1));
  }

  private static Measurement memory(double resident) {
    return new Measurement(
        "resident memory under load",
        Rates.MEGABYTES,
        List.of(resident),
        "the limit",
        List.of(RESIDENT_MEGABYTES_MAX),
        Limit.atMost(1));
  }
}
