package dev.holdfast.replication.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: every chunk of an image lands at its place, or the restore fails and says which. */
class ImageDownloadTest {
  private static final int CHUNK_BYTES = 4096;
  private static final ArchiveName NAME = new ArchiveName("disk.img.fidx");

  private final ExecutorService pool = Executors.newFixedThreadPool(3);
  private final Map<Digest, byte[]> stored = new HashMap<>();
  private final List<Digest> fetched = Collections.synchronizedList(new ArrayList<>());

  @TempDir Path directory = Path.of("");

  @AfterEach
  void stopThePool() {
    pool.shutdownNow();
  }

  @Test
  void everyChunkIsTakenOnceWithItsNumber() {
    byte[] image = image(1, 2, 3, 2, 4);
    byte[] restored = new byte[image.length];
    AtomicInteger taken = new AtomicInteger();

    download(image)
        .run(
            chunk -> true,
            (chunk, plain, length) -> {
              System.arraycopy(plain, 0, restored, chunk * CHUNK_BYTES, length);
              taken.incrementAndGet();
            });

    assertThat(restored).isEqualTo(image);
    assertThat(taken).hasValue(5);
  }

  @Test
  void equalNeighboursAreFetchedOnceAndTheUnwantedNever() {
    byte[] image = image(1, 1, 1, 7, 7, 2);
    List<Integer> taken = Collections.synchronizedList(new ArrayList<>());

    download(image)
        .run(chunk -> chunk < 3 || chunk > 4, (chunk, plain, length) -> taken.add(chunk));

    assertThat(taken).containsExactlyInAnyOrder(0, 1, 2, 5);
    assertThat(fetched).hasSize(2);
  }

  @Test
  void aDamagedChunkIsNamedAndWhatIsUnderWayEndsFirst() {
    byte[] image = image(1, 2, 3);
    ImageDownload download = download(image);
    Digest damaged = digest(image, 1);
    chunk(damaged)[20] ^= 1;

    assertThatExceptionOfType(BackupException.class)
        .isThrownBy(() -> download.run(chunk -> true, (chunk, plain, length) -> {}))
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA))
        .withMessageContaining(damaged.toString());
  }

  @Test
  void theFailureOfWhoTakesIsThrown() {
    BackupException full = new BackupException(Kind.OUT_OF_SPACE, "no space left");

    assertThatExceptionOfType(BackupException.class)
        .isThrownBy(
            () ->
                download(image(1, 2))
                    .run(
                        chunk -> true,
                        (chunk, plain, length) -> {
                          throw full;
                        }))
        .isSameAs(full);
  }

  @Test
  void anErrorOnThePoolIsNoSuccessAndNobodyWaitsForIt() {
    OutOfMemoryError memory = new OutOfMemoryError("test");

    assertThatExceptionOfType(OutOfMemoryError.class)
        .isThrownBy(
            () ->
                download(image(1, 2))
                    .run(
                        chunk -> true,
                        (chunk, plain, length) -> {
                          throw memory;
                        }))
        .isSameAs(memory);
  }

  @Test
  void noMoreIsUnderWayThanTheWindowHolds() {
    int[] kinds = new int[100];
    Arrays.setAll(kinds, i -> i + 1);
    byte[] image = image(kinds);
    ChunkIndex index = index(image);
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ChunkSource source =
        digest -> {
          most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
          return CompletableFuture.supplyAsync(() -> chunk(digest).clone(), pool);
        };

    new ImageDownload(source, index, BlobCodec.PLAIN, pool, "test")
        .run(chunk -> true, (chunk, plain, length) -> underWay.decrementAndGet());

    assertThat(underWay).hasValue(0);
    assertThat(most.get()).isBetween(1, ArchiveDownload.CHUNKS_AHEAD_DEFAULT);
  }

  /** One chunk of each kind, the last one half as long. */
  private static byte[] image(int... kinds) {
    byte[] image = new byte[kinds.length * CHUNK_BYTES - CHUNK_BYTES / 2];
    for (int i = 0; i < kinds.length; i++) {
      int end = Math.min(image.length, (i + 1) * CHUNK_BYTES);
      Arrays.fill(image, i * CHUNK_BYTES, end, (byte) kinds[i]);
    }
    return image;
  }

  private ImageDownload download(byte[] image) {
    ChunkSource source =
        digest -> {
          fetched.add(digest);
          return CompletableFuture.completedFuture(chunk(digest).clone());
        };
    return new ImageDownload(source, index(image), BlobCodec.PLAIN, pool, "test");
  }

  private byte[] chunk(Digest digest) {
    return Objects.requireNonNull(stored.get(digest));
  }

  private static Digest digest(byte[] image, int chunk) {
    int start = chunk * CHUNK_BYTES;
    return Digest.sha256(image, start, Math.min(CHUNK_BYTES, image.length - start));
  }

  private ChunkIndex index(byte[] image) {
    Path file = directory.resolve(NAME.text());
    try {
      try (FixedIndexWriter index =
          FixedIndexWriter.create(
              new LocalFiles(), file, new UUID(1, 2), 0, image.length, CHUNK_BYTES)) {
        for (int at = 0; at < image.length; at += CHUNK_BYTES) {
          int length = Math.min(CHUNK_BYTES, image.length - at);
          Digest digest = digest(image, at / CHUNK_BYTES);
          stored.put(digest, BlobCodec.PLAIN.encode(image, at, length, true));
          index.set(at, length, digest);
        }
        index.finish();
      }
      return ChunkIndex.parse(Files.readAllBytes(file), NAME, "test");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
