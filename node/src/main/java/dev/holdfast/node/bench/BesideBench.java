package dev.holdfast.node.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.node.bench.Measurement.Limit;
import dev.holdfast.node.bench.TransferBench.Client;
import dev.holdfast.replication.peer.RemoteNode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Backups by our own client while the node verifies another datastore without a pause, and while it
 * collects its garbage, beside backups while it does nothing else. All take turns.
 */
public final class BesideBench {
  private static final int WARM_UP_RUNS = 2;
  private static final double RATIO_MIN = 0.9;

  /** Asking more often would be work of its own beside the backup. */
  private static final Duration POLL = Duration.ofMillis(200);

  private static final String OTHER = "other";
  private static final String FILLED = "filled";

  private final Client client;
  private final Path directory;
  private final int mebibytes;
  private int backups;

  /**
   * @param client our command line, see {@link TransferBench}
   * @param directory an empty one, with room for three times the data
   * @param mebibytes of data, a multiple of 4
   */
  public BesideBench(Client client, Path directory, int mebibytes) {
    this.client = client;
    this.directory = directory;
    this.mebibytes = mebibytes;
  }

  /** What the node does of its own. */
  private enum Chore {
    VERIFICATION("verify"),
    COLLECTION("gc");

    private final String call;

    Chore(String call) {
      this.call = call;
    }

    ObjectNode body() {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      return this == VERIFICATION ? body.put("ignore-verified", false) : body;
    }
  }

  public List<Measurement> run(Path launcher, int runs) throws IOException, InterruptedException {
    Path source = Files.createDirectory(directory.resolve("source"));
    BenchData.write(source.resolve("file"), mebibytes, BenchData.SEED);
    String stores =
        "site: bench\ndatastores: { %s: { path: %s }, %s: { path: %s } }\n"
            .formatted(OTHER, directory.resolve(OTHER), FILLED, directory.resolve(FILLED));
    Path config = Files.writeString(directory.resolve("mesh.yaml"), stores);
    List<Double> alone = new ArrayList<>();
    Map<Chore, List<Double>> beside = new EnumMap<>(Chore.class);
    Vertx vertx = NodeVertx.create(1);
    try (NodeProcess node =
            NodeProcess.start(
                launcher, directory.resolve("state"), config, directory.resolve("log"));
        RemoteNode remote = node.administrator(vertx, passwordFile())) {
      double unused = backUp(node, OTHER, source);
      for (int i = 0; i < WARM_UP_RUNS + runs; i++) {
        alone.add(backUp(node, FILLED, source));
        for (Chore chore : Chore.values()) {
          double rate = beside(chore, remote, () -> backUp(node, FILLED, source));
          beside.computeIfAbsent(chore, none -> new ArrayList<>()).add(rate);
        }
      }
    } finally {
      vertx.close();
    }
    return beside.entrySet().stream()
        .map(each -> measurement(each.getKey(), warm(each.getValue()), warm(alone)))
        .toList();
  }

  private static List<Double> warm(List<Double> rates) {
    return rates.subList(WARM_UP_RUNS, rates.size());
  }

  private static Measurement measurement(Chore chore, List<Double> beside, List<Double> alone) {
    return new Measurement(
        "backup beside " + chore.name().toLowerCase(Locale.ROOT),
        Rates.MEBIBYTES_PER_SECOND,
        beside,
        "the same backup alone",
        alone,
        Limit.atLeast(RATIO_MIN));
  }

  private Path passwordFile() {
    return directory.resolve("state").resolve("admin-password");
  }

  /** Into a new group, of a datastore that has none of the chunks. */
  private double backUp(NodeProcess node, String datastore, Path source) throws IOException {
    List<String> arguments =
        List.of(
            "backup",
            "data.pxar:" + source,
            "--backup-id",
            "bench-" + backups++,
            "--repository",
            "admin@pbs@" + node.address() + ":" + datastore,
            "--fingerprint",
            node.fingerprint());
    long began = System.nanoTime();
    client.run(passwordFile(), arguments);
    double rate = Rates.mebibytesPerSecond((long) mebibytes << 20, System.nanoTime() - began);
    if (datastore.equals(FILLED)) {
      TransferBench.removeChunks(directory.resolve(FILLED));
    }
    return rate;
  }

  private static double beside(Chore chore, RemoteNode remote, Callable<Double> backup)
      throws IOException, InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    try (ExecutorService chores = Executors.newSingleThreadExecutor()) {
      Future<Integer> done = chores.submit(() -> repeatUntil(over, chore, remote));
      double rate;
      try {
        rate = backup.call();
      } catch (Exception e) {
        throw new IOException("a backup failed beside a " + chore + ": " + e.getMessage(), e);
      } finally {
        over.set(true);
      }
      int unused = done.get();
      return rate;
    } catch (ExecutionException e) {
      throw new IOException("a " + chore + " failed: " + e.getMessage(), e);
    }
  }

  /** How often, at least once. */
  private static int repeatUntil(AtomicBoolean over, Chore chore, RemoteNode remote)
      throws InterruptedException {
    int count = 0;
    do {
      String upid =
          remote.post("/admin/datastore/" + OTHER + "/" + chore.call, chore.body()).asText();
      String status =
          "/nodes/localhost/tasks/" + URLEncoder.encode(upid, StandardCharsets.UTF_8) + "/status";
      while (!remote.get(status).path("status").asText().equals("stopped")) {
        Thread.sleep(POLL);
      }
      String found = remote.get(status).path("exitstatus").asText();
      if (!found.equals("OK")) {
        throw new IllegalStateException("a " + chore + " ended with " + found + ", expected OK");
      }
      count++;
    } while (!over.get());
    return count;
  }
}
