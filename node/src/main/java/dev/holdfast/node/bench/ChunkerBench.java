package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.chunker.BuzhashChunker;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.node.bench.Measurement.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The chunker on one core, beside SHA-256 on one core: hashing is what every byte of a backup pays
 * anyway, so a chunker that is faster does not hold it up.
 */
public final class ChunkerBench {
  private static final int DATA_BYTES = 256 << 20;

  /** As much as an archive's writer hands to the chunker at a time. */
  private static final int INPUT_BYTES = 1 << 20;

  private static final int WARM_UP_RUNS = 2;

  private ChunkerBench() {}

  public static Measurement run(int runs) {
    byte[] data = new byte[DATA_BYTES];
    new Random(BenchData.SEED).nextBytes(data);
    List<Double> cut = new ArrayList<>();
    List<Double> hashed = new ArrayList<>();
    for (int i = -WARM_UP_RUNS; i < runs; i++) {
      double chunker = rate(() -> chunks(data));
      double hash = rate(() -> Digest.sha256(data));
      if (i >= 0) {
        cut.add(chunker);
        hashed.add(hash);
      }
    }
    return new Measurement(
        "chunker", Rates.MEBIBYTES_PER_SECOND, cut, "SHA-256 on one core", hashed, Limit.NONE);
  }

  private static double rate(Runnable work) {
    long began = System.nanoTime();
    work.run();
    return Rates.mebibytesPerSecond(DATA_BYTES, System.nanoTime() - began);
  }

  private static void chunks(byte[] data) {
    BuzhashChunker chunker = new BuzhashChunker(BuzhashChunker.PXAR_AVERAGE_BYTES);
    int cuts = 0;
    for (int input = 0; input < data.length; input += INPUT_BYTES) {
      int at = input;
      int end = Math.min(data.length, input + INPUT_BYTES);
      while (at < end) {
        int taken = chunker.scan(data, at, end - at);
        cuts += taken > 0 ? 1 : 0;
        at = taken > 0 ? at + taken : end;
      }
    }
    if (cuts == 0) {
      throw new IllegalStateException("no cut in " + data.length + " random bytes");
    }
  }
}
