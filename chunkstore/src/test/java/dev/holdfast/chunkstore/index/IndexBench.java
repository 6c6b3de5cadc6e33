package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The index of an archive of some 400 GiB, in entries per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(IndexBench.ENTRIES)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class IndexBench {
  static final int ENTRIES = 100_000;
  private static final int CHUNK_BYTES = 4 << 20;
  private static final ArchiveName NAME = new ArchiveName("root.pxar.didx");
  private static final UUID ID = new UUID(1, 2);
  private static final long CREATED = 1_717_581_600L;

  private final Digest[] digests = new Digest[ENTRIES];
  private Path directory = Path.of("");
  private byte[] file = {};

  @Setup
  public void prepare() throws IOException {
    for (int i = 0; i < ENTRIES; i++) {
      digests[i] = Digest.sha256(ByteBuffer.allocate(Integer.BYTES).putInt(i).array());
    }
    directory = Files.createTempDirectory("index-bench");
    file = Files.readAllBytes(write());
  }

  @TearDown(Level.Trial)
  public void clean() throws IOException {
    Files.deleteIfExists(directory.resolve(NAME.text()));
    Files.deleteIfExists(directory);
  }

  @Benchmark
  public Path write() {
    Path path = directory.resolve(NAME.text());
    try (DynamicIndexWriter writer =
        DynamicIndexWriter.create(new LocalFiles(), path, ID, CREATED)) {
      for (int i = 0; i < ENTRIES; i++) {
        writer.append((i + 1L) * CHUNK_BYTES, digests[i]);
      }
      writer.finish();
    }
    return path;
  }

  @Benchmark
  public ChunkIndex read() {
    return ChunkIndex.parse(file, NAME, "bench");
  }
}
