package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * How soon a node answers after its process was started, and what it holds in memory while nothing
 * asks for anything: alone, and as a member of a mesh. The first start of a state directory, which
 * makes the certificate and the datastore, is not counted.
 */
public final class StartBench {
  private static final double START_SECONDS_MAX = 2.5;
  private static final double IDLE_MEGABYTES_MAX = 300;

  /** By then a member has joined, and the collector had its reasons. */
  private static final long IDLE_MILLISECONDS = 3000;

  private StartBench() {}

  /**
   * @param directory an empty one
   */
  public static List<Measurement> run(Path launcher, Path directory, int runs)
      throws IOException, InterruptedException {
    List<Measurement> all = new ArrayList<>(measure(launcher, directory, "alone", "", runs));
    Path secret =
        Files.createFile(
            directory.resolve("mesh.secret"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(secret, "a secret of one run");
    all.addAll(
        measure(launcher, directory, "in a mesh", "mesh: { secret-file: mesh.secret }\n", runs));
    return all;
  }

  private static List<Measurement> measure(
      Path launcher, Path directory, String how, String mesh, int runs)
      throws IOException, InterruptedException {
    String store = "datastores: { main: { path: " + directory.resolve("store") + " } }\n";
    Path config = Files.writeString(directory.resolve("mesh.yaml"), "site: bench\n" + mesh + store);
    Path log = directory.resolve("log");
    List<Double> starts = new ArrayList<>();
    List<Double> residents = new ArrayList<>();
    NodeProcess.start(launcher, directory.resolve("state"), config, log).close();
    for (int i = 0; i < runs; i++) {
      try (NodeProcess node =
          NodeProcess.start(launcher, directory.resolve("state"), config, log)) {
        starts.add(node.startSeconds());
        Thread.sleep(IDLE_MILLISECONDS);
        residents.add(node.residentMegabytes());
      }
    }
    return List.of(
        Measurement.limited("start " + how, Rates.SECONDS, starts, START_SECONDS_MAX),
        Measurement.limited("idle memory " + how, Rates.MEGABYTES, residents, IDLE_MEGABYTES_MAX));
  }
}
