package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What no backup and no restore can beat on these cores: every byte is hashed once with SHA-256,
 * packed or unpacked once with zstd (and its CRC), sealed and opened once by TLS, and read from or
 * written to the file; on all cores at once, without a protocol, a network or a store. The real
 * thing does more (the node unpacks and hashes again what clients upload, and stores it), which
 * counts against it.
 */
public final class TransferBounds implements AutoCloseable {
  public static final String INGEST = "TLS + SHA-256 + zstd on the same cores";
  public static final String RESTORE = "TLS + zstd + SHA-256 + write on the same cores";

  /** The average chunk of an archive. */
  private static final int CHUNK_BYTES = 4 << 20;

  private final FileChannel data;
  private final int chunks;
  private final byte[][] encoded;
  private final Path scratch;
  private final List<TlsPair> connections = new ArrayList<>();
  private final ExecutorService cores;

  /**
   * @param file what is transferred, a multiple of 4 MiB
   * @param scratch names the files, one for each core, where the restored data goes
   */
  public TransferBounds(Path file, Path scratch) throws IOException {
    this.scratch = scratch;
    data = FileChannel.open(file, StandardOpenOption.READ);
    chunks = (int) (data.size() / CHUNK_BYTES);
    encoded = new byte[chunks][];
    int threads = Runtime.getRuntime().availableProcessors();
    TlsIdentity identity =
        TlsIdentity.generate("bench", List.of(), Instant.now(), new SecureRandom());
    for (int i = 0; i < threads; i++) {
      connections.add(TlsPair.connect(identity));
    }
    cores = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory());
  }

  /** One pass; returns MiB of content per second. */
  public double ingest() throws IOException {
    return pass(
        (chunk, connection) -> {
          byte[] plain = new byte[CHUNK_BYTES];
          readFully(ByteBuffer.wrap(plain), (long) chunk * CHUNK_BYTES);
          Digest.sha256(plain);
          encoded[chunk] = DataBlob.encode(plain, 0, plain.length, true);
          connection.carry(encoded[chunk]);
        });
  }

  /**
   * One pass, after {@link #ingest}; returns MiB of content per second. Each core writes to a file
   * of its own: two that write to one would wait for each other.
   */
  public double restore() throws IOException {
    IdentityHashMap<TlsPair, FileChannel> targets = new IdentityHashMap<>();
    try {
      for (TlsPair connection : connections) {
        targets.put(connection, scratchFile(targets.size()));
      }
      return pass(
          (chunk, connection) -> {
            byte[] blob = encoded[chunk];
            connection.carry(blob);
            byte[] plain = DataBlob.decode(blob, blob.length, CHUNK_BYTES);
            Digest.sha256(plain);
            writeFully(Objects.requireNonNull(targets.get(connection)), ByteBuffer.wrap(plain));
          });
    } finally {
      for (FileChannel target : targets.values()) {
        target.close();
      }
    }
  }

  private FileChannel scratchFile(int number) throws IOException {
    return FileChannel.open(
        scratch.resolveSibling(scratch.getFileName() + "-" + number),
        StandardOpenOption.CREATE_NEW,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  private static void writeFully(FileChannel target, ByteBuffer left) throws IOException {
    while (left.hasRemaining()) {
      target.write(left);
    }
  }

  private void readFully(ByteBuffer target, long at) throws IOException {
    while (target.hasRemaining()) {
      if (data.read(target, at + target.position()) < 0) {
        throw new IOException("the data became shorter");
      }
    }
  }

  /** What is done with one chunk, on one core. */
  private interface Step {
    void run(int chunk, TlsPair connection) throws IOException;
  }

  private double pass(Step step) throws IOException {
    AtomicInteger next = new AtomicInteger();
    List<Callable<Boolean>> work = new ArrayList<>();
    for (TlsPair connection : connections) {
      work.add(
          () -> {
            for (int i = next.getAndIncrement(); i < chunks; i = next.getAndIncrement()) {
              step.run(i, connection);
            }
            return true;
          });
    }
    long began = System.nanoTime();
    try {
      for (Future<Boolean> done : cores.invokeAll(work)) {
        done.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a bound could not be measured", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return Rates.mebibytesPerSecond((long) chunks * CHUNK_BYTES, System.nanoTime() - began);
  }

  @Override
  public void close() throws IOException {
    cores.shutdownNow();
    connections.forEach(TlsPair::close);
    data.close();
  }
}
