package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** An archive of small files, without a disk, in files per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(PxarBench.FILES)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PxarBench {
  static final int FILES = 10_000;
  private static final int FILES_PER_DIRECTORY = 100;
  private static final int FILE_BYTES = 1000;
  private static final long MODIFIED = 1_700_000_000;

  private final byte[] content = new byte[FILE_BYTES];
  private byte[] archive = {};

  @Setup
  public void prepare() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out);
    archive = out.toByteArray();
  }

  private void write(OutputStream out) throws IOException {
    PxarWriter writer = new PxarWriter(out);
    writer.startRoot(stat(FileMode.DIRECTORY), PxarMetadata.NONE);
    for (int i = 0; i < FILES; i++) {
      if (i % FILES_PER_DIRECTORY == 0) {
        Bytes name = Bytes.of("d%05d".formatted(i));
        writer.startDirectory(name, stat(FileMode.DIRECTORY), PxarMetadata.NONE);
      }
      writer.file(
          Bytes.of("f%05d".formatted(i)),
          stat(FileMode.REGULAR),
          PxarMetadata.NONE,
          FILE_BYTES,
          new ByteArrayInputStream(content));
      if (i % FILES_PER_DIRECTORY == FILES_PER_DIRECTORY - 1) {
        writer.endDirectory();
      }
    }
    writer.endDirectory();
    writer.finish();
  }

  private static PxarStat stat(int type) {
    return new PxarStat(type | 0644, 0, 0, 0, MODIFIED, 1);
  }

  @Benchmark
  public void encode() throws IOException {
    write(OutputStream.nullOutputStream());
  }

  @Benchmark
  public long decode() throws IOException {
    PxarReader reader = new PxarReader(new ByteArrayInputStream(archive), "bench");
    long bytes = 0;
    for (PxarEntry entry = reader.next(); entry != null; entry = reader.next()) {
      if (entry instanceof PxarEntry.RegularFile) {
        bytes += reader.content().transferTo(OutputStream.nullOutputStream());
      }
    }
    return bytes;
  }

  /** Opens the archive for each file anew, as who wants a single one does. */
  @Benchmark
  @OperationsPerInvocation(1)
  public @Nullable PxarNode find() throws IOException {
    return PxarAccessor.open(ByteSource.of(archive), "bench").find(Bytes.of("d05000/f05050"));
  }
}
