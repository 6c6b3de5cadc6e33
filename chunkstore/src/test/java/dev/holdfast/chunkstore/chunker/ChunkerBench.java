package dev.holdfast.chunkstore.chunker;

import dev.holdfast.chunkstore.testing.BenchData;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A stream is cut where its content says so, in MiB per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(ChunkerBench.MEBIBYTES)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ChunkerBench {
  static final int MEBIBYTES = 64;
  private static final int BLOCK_BYTES = 1 << 20;

  @Param private BenchData data = BenchData.RANDOM;

  private final BuzhashChunker chunker = new BuzhashChunker(BuzhashChunker.PXAR_AVERAGE_BYTES);
  private byte[] stream = {};

  @Setup
  public void prepare() {
    stream = data.bytes(MEBIBYTES << 20);
  }

  /** Returns the number of cuts. */
  @Benchmark
  public int cut() {
    int cuts = 0;
    for (int at = 0; at < stream.length; ) {
      int length = Math.min(BLOCK_BYTES, stream.length - at);
      int cut = chunker.scan(stream, at, length);
      cuts += cut == 0 ? 0 : 1;
      at += cut == 0 ? length : cut;
    }
    return cuts;
  }
}
