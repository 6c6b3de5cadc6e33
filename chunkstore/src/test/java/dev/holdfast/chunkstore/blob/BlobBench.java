package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.BenchData;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.TestKeys;
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

/** Chunks of the usual size, in the clear and with a key, in MiB of content per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(BlobBench.MEBIBYTES)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class BlobBench {
  static final int MEBIBYTES = 4;
  private static final int BYTES = MEBIBYTES << 20;

  @Param private BenchData data = BenchData.RANDOM;

  @Param({"false", "true"})
  private boolean encrypted;

  private BlobCodec codec = BlobCodec.PLAIN;
  private byte[] plain = {};
  private byte[] encoded = {};
  private byte[] target = {};

  @Setup
  public void prepare() {
    if (encrypted) {
      codec = BlobCodec.encrypted(TestKeys.ofSpecification(), FixedRandom.of(1));
    }
    plain = data.bytes(BYTES);
    encoded = codec.encode(plain, 0, BYTES, true);
    target = new byte[BYTES + DataBlob.ENCRYPTED_HEADER_BYTES];
  }

  @Benchmark
  public Digest digest() {
    return codec.digest(plain, 0, BYTES);
  }

  @Benchmark
  public int encode() {
    return codec.encodeInto(target, plain, 0, BYTES, false);
  }

  @Benchmark
  public int encodeCompressed() {
    return codec.encodeInto(target, plain, 0, BYTES, true);
  }

  @Benchmark
  public int decode() {
    return codec.decodeInto(target, encoded, encoded.length, BYTES);
  }
}
