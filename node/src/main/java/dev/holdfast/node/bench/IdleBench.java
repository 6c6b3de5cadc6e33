package dev.holdfast.node.bench;

import dev.holdfast.node.NodeVertx;
import dev.holdfast.replication.peer.RemoteNode;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A node with thousands of clients that asked for something once and say nothing more: what they
 * cost, how others are served meanwhile, and when the node has had enough of them.
 */
public final class IdleBench {
  private static final int CONNECTING_AT_ONCE_MAX = 64;
  private static final int CALLS = 100;

  private static final double KILOBYTES_EACH_MAX = 50;
  private static final double CALL_MILLISECONDS_MAX = 100;

  /** A node waits two minutes for the next request; the timers of thousands take their time. */
  private static final double CLOSED_SECONDS_MAX = 150;

  private static final String PING =
      "GET /api2/json/ping HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n";

  private final Path launcher;
  private final Path directory;
  private final int connections;

  private final CountDownLatch served;
  private final CountDownLatch closed;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /**
   * @param launcher {@code scripts/holdfast}
   * @param directory an empty one
   * @param connections each takes a file handle here, and one of the node
   */
  public IdleBench(Path launcher, Path directory, int connections) {
    this.launcher = launcher;
    this.directory = directory;
    this.connections = connections;
    this.served = new CountDownLatch(connections);
    this.closed = new CountDownLatch(connections);
  }

  public List<Measurement> run() throws IOException, InterruptedException {
    Path config =
        Files.writeString(
            directory.resolve("mesh.yaml"),
            "site: bench\ndatastores: { main: { path: " + directory.resolve("store") + " } }\n");
    Path state = directory.resolve("state");
    Vertx vertx = NodeVertx.create(1);
    try (NodeProcess node = NodeProcess.start(launcher, state, config, directory.resolve("log"));
        RemoteNode other = node.administrator(vertx, state.resolve("admin-password"))) {
      call(other);
      double before = node.residentMegabytes();
      connectAll(vertx, node);
      long idleSince = System.nanoTime();
      double kilobytesEach = (node.residentMegabytes() - before) * 1000 / connections;
      List<Double> calls = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        calls.add(call(other));
      }
      int stillOpen = open.get();
      if (stillOpen != connections) {
        throw new IOException("found " + stillOpen + " connections, expected " + connections);
      }
      if (!closed.await((long) (2 * CLOSED_SECONDS_MAX), TimeUnit.SECONDS)) {
        throw new IOException(closed.getCount() + " idle connections were never closed");
      }
      double closedSeconds = Rates.seconds(System.nanoTime() - idleSince);
      return List.of(
          Measurement.limited(
              "memory of an idle connection", "kB", List.of(kilobytesEach), KILOBYTES_EACH_MAX),
          Measurement.limited(
              "GET version beside idle connections", "ms", calls, CALL_MILLISECONDS_MAX),
          Measurement.limited(
              "last idle connection closed",
              Rates.SECONDS,
              List.of(closedSeconds),
              CLOSED_SECONDS_MAX));
    } finally {
      vertx.close();
    }
  }

  /** In milliseconds. */
  private static double call(RemoteNode node) {
    long began = System.nanoTime();
    node.get("/version");
    return (System.nanoTime() - began) / 1e6;
  }

  /** Returns when each has had an answer. */
  private void connectAll(Vertx vertx, NodeProcess node) throws IOException, InterruptedException {
    NetClient client =
        vertx.createNetClient(
            new NetClientOptions()
                .setSsl(true)
                // The node's certificate was made a moment ago: there is nothing to check it with.
                .setTrustAll(true)
                .setHostnameVerificationAlgorithm(""));
    Semaphore connecting = new Semaphore(CONNECTING_AT_ONCE_MAX);
    for (int i = 0; i < connections && failure.get() == null; i++) {
      connecting.acquire();
      client
          .connect(node.port(), node.host())
          .onSuccess(socket -> ask(socket, connecting))
          .onFailure(
              cause -> {
                failure.compareAndSet(null, cause);
                connecting.release();
              });
    }
    boolean all = failure.get() == null && served.await(1, TimeUnit.MINUTES);
    if (!all) {
      throw new IOException(
          "only " + open.get() + " of " + connections + " connections were served", failure.get());
    }
  }

  private void ask(NetSocket socket, Semaphore connecting) {
    open.incrementAndGet();
    socket.closeHandler(
        gone -> {
          open.decrementAndGet();
          closed.countDown();
        });
    socket.handler(
        answer -> {
          socket.handler(more -> {});
          served.countDown();
          connecting.release();
        });
    socket
        .write(PING)
        .onFailure(
            cause -> {
              failure.compareAndSet(null, cause);
              connecting.release();
            });
  }
}
