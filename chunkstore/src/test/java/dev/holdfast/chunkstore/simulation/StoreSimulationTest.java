package dev.holdfast.chunkstore.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
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
 * a history of backups, prunes, removals, moves, verifications and collections, some with a loss of
 * power.
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
  void noHistoryLosesAChunkThatABackupNeeds() {
    LongStream seeds = ONE_SEED == null ? LongStream.range(0, SEEDS) : LongStream.of(ONE_SEED);
    firstBroken(seeds, Collector.OURS)
        .ifPresent(
            broken -> {
              throw broken;
            });
    if (ONE_SEED == null) {
      System.out.println("simulated " + SEEDS + " histories, seeds 0 … " + (SEEDS - 1));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OURS")
  void aWrongCollectorIsFoundOut(Collector wrong) {
    Optional<BrokenHistory> broken = firstBroken(LongStream.range(0, SEEDS_FOR_WRONG_ONES), wrong);
    assertThat(broken).isPresent();
    System.out.println(wrong + " is found out by seed " + broken.get().seed);
  }

  /** A history in which something did not hold. */
  private static final class BrokenHistory extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final long seed;

    BrokenHistory(long seed, Throwable cause) {
      super(
          "a history breaks; again with: scripts/test -pl chunkstore -Dtest=StoreSimulationTest"
              + " -Dholdfast.simulation.seed="
              + seed,
          cause);
      this.seed = seed;
    }
  }

  /** A place for the process locks of the stores of one thread. */
  private record Base(Path path) implements Workers.Tool {
    @Override
    public void close() {
      // removed with all that the test made
    }
  }

  private Optional<BrokenHistory> firstBroken(LongStream seeds, Collector collector) {
    Workers workers =
        new Workers(Runtime.getRuntime().availableProcessors(), Thread.ofVirtual().factory());
    try {
      workers.forEachWith(
          seeds.boxed().iterator(),
          this::newBase,
          (base, seed) -> {
            try {
              new SimulatedStore(seed, collector, base.path()).run();
            } catch (Throwable e) {
              throw new BrokenHistory(seed, e);
            }
          });
      return Optional.empty();
    } catch (BrokenHistory e) {
      return Optional.of(e);
    }
  }

  private Base newBase() {
    try {
      return new Base(Files.createTempDirectory(directory, "base"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
