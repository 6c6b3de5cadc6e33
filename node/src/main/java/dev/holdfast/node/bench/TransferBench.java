package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.node.bench.Measurement.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Backups into and restores from a node on the same machine, by our own client, over TLS: each into
 * a datastore that knows none of its chunks. Runs of the real thing and of its bound take turns, so
 * that what else the machine does hits both. The first runs of each warm up and are not counted: by
 * then the compiler is through with the node, which in practice runs for months.
 */
public final class TransferBench {
  private static final String ARCHIVE = "data.pxar";
  private static final String GROUP = "bench";
  private static final int WARM_UP_RUNS = 2;

  /** Our command line, in this process, so that it stays warm; it fails by exception. */
  public interface Client {
    void run(Path passwordFile, List<String> arguments);
  }

  private final Client client;
  private final Path directory;
  private final int mebibytes;

  /**
   * @param directory an empty one, with room for four times the data
   * @param mebibytes of data, a multiple of 4
   */
  public TransferBench(Client client, Path directory, int mebibytes) {
    this.client = client;
    this.directory = directory;
    this.mebibytes = mebibytes;
  }

  /** Measures both, in the order ingest, restore. */
  public List<Measurement> run(Path launcher, int runs) throws IOException {
    Path source = Files.createDirectory(directory.resolve("source"));
    Path file = source.resolve("file");
    BenchData.write(file, mebibytes, BenchData.SEED);
    Path config =
        Files.writeString(
            directory.resolve("mesh.yaml"),
            IntStream.range(0, WARM_UP_RUNS + runs)
                .mapToObj(i -> "  run-" + i + ": { path: " + store(i) + " }")
                .collect(Collectors.joining("\n", "site: bench\ndatastores:\n", "\n")));
    List<Double> ingests = new ArrayList<>();
    List<Double> ingestBounds = new ArrayList<>();
    List<Double> restores = new ArrayList<>();
    List<Double> restoreBounds = new ArrayList<>();
    try (TransferBounds bounds = new TransferBounds(file, directory.resolve("bound"));
        NodeProcess node =
            NodeProcess.start(
                launcher, directory.resolve("state"), config, directory.resolve("log"))) {
      for (int i = 0; i < WARM_UP_RUNS + runs; i++) {
        double ingestBound = bounds.ingest();
        double ingest = ingest(node, "run-" + i, source);
        double restoreBound = bounds.restore();
        double restore = restore(node, "run-" + i, file);
        removeChunks(store(i));
        if (i >= WARM_UP_RUNS) {
          ingests.add(ingest);
          ingestBounds.add(ingestBound);
          restores.add(restore);
          restoreBounds.add(restoreBound);
        }
      }
    }
    return List.of(
        measurement("ingest", ingests, TransferBounds.INGEST, ingestBounds),
        measurement("restore", restores, TransferBounds.RESTORE, restoreBounds));
  }

  private Path store(int run) {
    return directory.resolve("store-" + run);
  }

  /** So that the memory that holds the stores holds one at a time. */
  static void removeChunks(Path store) throws IOException {
    List<Path> chunks;
    try (Stream<Path> all =
        Files.find(store.resolve(ChunkStore.DIRECTORY), 2, (path, it) -> it.isRegularFile())) {
      chunks = all.toList();
    }
    for (Path chunk : chunks) {
      Files.delete(chunk);
    }
  }

  private static Measurement measurement(
      String name, List<Double> runs, String bound, List<Double> boundRuns) {
    return new Measurement(
        name, Rates.MEBIBYTES_PER_SECOND, runs, bound, boundRuns, Limit.atLeast(0.5));
  }

  private double ingest(NodeProcess node, String datastore, Path source) {
    return timed(node, datastore, List.of("backup", ARCHIVE + ":" + source, "--backup-id", GROUP));
  }

  private double restore(NodeProcess node, String datastore, Path file) throws IOException {
    Path target = directory.resolve("restored");
    double rate =
        timed(node, datastore, List.of("restore", "host/" + GROUP, ARCHIVE, target.toString()));
    Path restored = target.resolve(file.getFileName());
    long difference = Files.mismatch(file, restored);
    if (difference >= 0) {
      throw new IOException("what was restored differs at byte " + difference);
    }
    Files.delete(restored);
    Files.delete(target);
    return rate;
  }

  private double timed(NodeProcess node, String datastore, List<String> command) {
    List<String> arguments = new ArrayList<>(command);
    arguments.add("--repository");
    arguments.add("admin@pbs@" + node.address() + ":" + datastore);
    arguments.add("--fingerprint");
    arguments.add(node.fingerprint());
    long began = System.nanoTime();
    client.run(directory.resolve("state").resolve("admin-password"), arguments);
    return Rates.mebibytesPerSecond((long) mebibytes << 20, System.nanoTime() - began);
  }
}
