package dev.holdfast.chunkstore.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * At stake: whatever runs beside whatever, in whatever order, no backup loses a chunk. Each seed is
 * a history of backups, prunes, removals, verifications and collections, some with a loss of power.
 *
 * <p>{@code -Dholdfast.simulation.seeds=100000} runs more of them, {@code
 * -Dholdfast.simulation.seed=N} one again.
 */
class StoreSimulationTest {
  private static final int SEEDS = Integer.getInteger("holdfast.simulation.seeds", 500);
  private static final @Nullable Long ONE_SEED = Long.getLong("holdfast.simulation.seed");

  /** A wrong collector is found in the first hundreds. */
  private static final int SEEDS_FOR_WRONG_ONES = 20_000;

  // What a loss of power leaves of chunks is told each time it is met.
  private static final Logger CHUNK_STORE_LOG = Logger.getLogger(ChunkStore.class.getName());

  private final Path directory;

  StoreSimulationTest(@TempDir Path directory) {
    this.directory = directory;
    CHUNK_STORE_LOG.setLevel(Level.OFF);
  }

  @Test
  void noHistoryLosesAChunkThatABackupNeeds() throws Exception {
    if (ONE_SEED != null) {
      assertThat(failing(LongStream.of(ONE_SEED), Collector.OURS)).isEmpty();
      return;
    }
    OptionalLong failing = failing(LongStream.range(0, SEEDS), Collector.OURS);
    assertThat(failing)
        .as(
            "a history that breaks; again with: scripts/test -pl chunkstore"
                + " -Dtest=StoreSimulationTest -Dholdfast.simulation.seed=%s",
            failing)
        .isEmpty();
    System.out.println("simulated " + SEEDS + " histories, seeds 0 … " + (SEEDS - 1));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OURS")
  void aWrongCollectorIsFoundOut(Collector wrong) throws Exception {
    OptionalLong failing = failing(LongStream.range(0, SEEDS_FOR_WRONG_ONES), wrong);
    assertThat(failing).isPresent();
    System.out.println(wrong + " is found out by seed " + failing.getAsLong());
  }

  /** The first failing seed that is met, its failure printed when ours is at fault. */
  private OptionalLong failing(LongStream seeds, Collector collector) throws Exception {
    var left = seeds.iterator();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    AtomicLong failing = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      Path base = Files.createDirectories(directory.resolve(collector + "-" + i));
      threads.add(
          Thread.startVirtualThread(
              () -> {
                while (failure.get() == null) {
                  long seed;
                  synchronized (left) {
                    if (!left.hasNext()) {
                      return;
                    }
                    seed = left.nextLong();
                  }
                  try {
                    new SimulatedStore(seed, collector, base).run();
                  } catch (Throwable e) {
                    if (failure.compareAndSet(null, e)) {
                      failing.set(seed);
                    }
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Throwable failed = failure.get();
    if (failed != null && collector == Collector.OURS) {
      failed.printStackTrace(System.out);
    }
    return failed == null ? OptionalLong.empty() : OptionalLong.of(failing.get());
  }
}
