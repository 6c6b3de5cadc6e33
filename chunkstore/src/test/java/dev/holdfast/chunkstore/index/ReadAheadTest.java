package dev.holdfast.chunkstore.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a large file on a long line is not waited for chunk by chunk, a look at a few bytes
 * does not fetch megabytes, and what is ahead has bounds. The line is the test's own, so that it
 * knows what was asked for in which way.
 */
final class ReadAheadTest {
  private static final int CHUNKS = 40;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int READ_BYTES = 128 << 10;
  private static final long CACHE_BYTES = 32L << 20;

  @TempDir Path directory = Path.of("");

  private final Map<Digest, Integer> numbers = new HashMap<>();
  private final List<Integer> waitedFor = new ArrayList<>();
  private final List<Integer> begun = new ArrayList<>();
  private IntFunction<CompletableFuture<byte[]>> ahead =
      number -> CompletableFuture.completedFuture(content(number));

  @SuppressWarnings("NullAway.Init") // before each test
  private ChunkedSource source;

  @BeforeEach
  void index() {
    Path file = directory.resolve("x.didx");
    try (DynamicIndexWriter writer =
        DynamicIndexWriter.create(new LocalFiles(), file, new UUID(0, 0), 0)) {
      for (int i = 0; i < CHUNKS; i++) {
        Digest digest = Digest.sha256(content(i));
        numbers.put(digest, i);
        writer.append((i + 1L) * CHUNK_BYTES, digest);
      }
      writer.finish();
    }
    ChunkIndex index = ChunkIndex.read(new LocalFiles(), file, new ArchiveName("x.didx"));
    source = new ChunkedSource(index, new Line(), CACHE_BYTES);
  }

  private static byte[] content(int number) {
    byte[] content = new byte[CHUNK_BYTES];
    ByteBuffer.wrap(content).putInt(number);
    return content;
  }

  private final class Line implements PlainChunks {
    @Override
    public byte[] plain(Digest digest, long position, int bytes) {
      int number = Objects.requireNonNull(numbers.get(digest));
      waitedFor.add(number);
      return content(number);
    }

    @Override
    public CompletableFuture<byte[]> begin(Digest digest, long position, int bytes) {
      int number = Objects.requireNonNull(numbers.get(digest));
      begun.add(number);
      return ahead.apply(number);
    }
  }

  private static void readAll(ByteSource file) throws IOException {
    byte[] buffer = new byte[READ_BYTES];
    long at = 0;
    for (int got = file.read(at, buffer, 0, READ_BYTES); got >= 0; ) {
      at += got;
      got = file.read(at, buffer, 0, READ_BYTES);
    }
    assertThat(at).isEqualTo(file.bytes());
  }

  @Test
  void whoGoesOnWaitsForTheFirstChunkOnly() throws IOException {
    readAll(new ReadAhead(source));
    assertThat(waitedFor).containsExactly(0);
    assertThat(begun).hasSize(CHUNKS - 1).doesNotHaveDuplicates();
  }

  @Test
  void whoJumpsGetsWhatIsAskedForOnly() throws IOException {
    ReadAhead file = new ReadAhead(source);
    for (int chunk : new int[] {7, 30, 2, 21}) {
      assertThat(ByteBuffer.wrap(file.read((long) chunk * CHUNK_BYTES, 4)).getInt())
          .isEqualTo(chunk);
    }
    assertThat(begun).isEmpty();
    assertThat(waitedFor).containsExactly(7, 30, 2, 21);
  }

  @Test
  void nothingBehindTheFileIsFetched() throws IOException {
    readAll(new ReadAhead(source.slice(3L * CHUNK_BYTES, 4L * CHUNK_BYTES - 5)));
    assertThat(waitedFor).containsExactly(3);
    assertThat(begun).containsExactly(4, 5, 6);
  }

  @Test
  void whatIsAheadHasBounds() {
    ahead = number -> new CompletableFuture<>();
    source.expect(0, Long.MAX_VALUE);
    source.expect(20L * CHUNK_BYTES, 1);
    long chunks = Math.min(ChunkedSource.CHUNKS_AHEAD_MAX, CACHE_BYTES / 2 / CHUNK_BYTES);
    assertThat(begun).hasSize((int) chunks);
  }

  @Test
  void whatWasReadMakesRoomForMore() throws IOException {
    source.expect(0, Long.MAX_VALUE);
    int first = begun.size();
    byte[] unused = source.read(0, 2 * CHUNK_BYTES);
    source.expect(0, Long.MAX_VALUE);
    assertThat(begun).hasSize(first + 2).doesNotHaveDuplicates();
  }

  @Test
  void failureAheadIsOfNoConsequenceUntilAskedFor() throws IOException {
    ahead = number -> CompletableFuture.failedFuture(new IOException("line is down"));
    source.expect(0, 3 * CHUNK_BYTES);
    assertThat(begun).containsExactly(0, 1, 2);
    assertThat(source.read(CHUNK_BYTES, 4)).containsExactly(0, 0, 0, 1);
    assertThat(waitedFor).containsExactly(1);
  }
}
