package dev.holdfast.chunkstore.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.Golden;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: an index is the only list of what a backup consists of. It must be exact, or not there:
 * files are compared with golden ones, and writing is failed at every single file operation.
 */
class IndexWriterTest {
  private static final FileOps FILES = new LocalFiles();
  private static final UUID ID = UUID.fromString("00010203-0405-0607-0809-0a0b0c0d0e0f");
  private static final long TIME = 1_717_581_600L;
  private static final ArchiveName FIXED = new ArchiveName("a.img.fidx");
  private static final ArchiveName DYNAMIC = new ArchiveName("a.pxar.didx");
  private static final Digest ZEROS_4M = Digest.sha256(new byte[4 << 20]);
  private static final Digest ZEROS_1M = Digest.sha256(new byte[1 << 20]);

  @Test
  void writesTheDynamicExampleOfTheSpecification(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a.pxar.didx");
    try (DynamicIndexWriter writer = DynamicIndexWriter.create(FILES, file, ID, TIME)) {
      assertThat(names(directory)).containsExactly("a.pxar.tmp_didx");
      writer.append(4 << 20, ZEROS_4M);
      Digest afterOne = writer.checksum();
      writer.append(5 << 20, ZEROS_1M);
      assertThat(writer.checksum()).isNotEqualTo(afterOne);
      assertThat(writer.chunkCount()).isEqualTo(2);
      assertThat(writer.contentBytes()).isEqualTo(5 << 20);
      writer.finish();
    }
    assertThat(names(directory)).containsExactly("a.pxar.didx");
    assertThat(file).hasBinaryContent(Golden.read("index/zeros-5m.didx"));
    assertThat(Files.getPosixFilePermissions(file))
        .hasToString("[OWNER_READ, OWNER_WRITE, GROUP_READ, OTHERS_READ]");
  }

  @Test
  void writesTheFixedExampleOfTheSpecificationInAnyOrder(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("a.img.fidx");
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(FILES, file, ID, TIME, 5 << 20, 4 << 20)) {
      assertThat(names(directory)).containsExactly("a.img.tmp_fidx");
      writer.set(4 << 20, ZEROS_4M);
      writer.set(4 << 20, 1 << 20, ZEROS_1M); // a position may be written again
      writer.set(0, 4 << 20, ZEROS_4M);
      assertThat(writer.chunkCount()).isEqualTo(2);
      writer.finish();
    }
    assertThat(names(directory)).containsExactly("a.img.fidx");
    assertThat(file).hasBinaryContent(Golden.read("index/zeros-5m.fidx"));
  }

  @Test
  void copiesBaseOfTheSameShapeOnly(@TempDir Path directory) throws IOException {
    FixedIndex base =
        (FixedIndex) ChunkIndex.parse(Golden.read("index/zeros-5m.fidx"), FIXED, "golden");
    Path file = directory.resolve("a.img.fidx");
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(FILES, file, ID, TIME, 6 << 20, 4 << 20)) {
      writer.copyFrom(base);
      assertThat(writer.checksum()).isEqualTo(base.checksum());
      writer.set(4 << 20, 2 << 20, ZEROS_4M);
      assertThat(writer.checksum()).isNotEqualTo(base.checksum());
      writer.finish();
    }
    ChunkIndex read = ChunkIndex.read(FILES, file, FIXED);
    assertThat(read.digest(0)).isEqualTo(base.digest(0));
    assertThat(read.digest(1)).isEqualTo(ZEROS_4M);
    assertThat(read.contentBytes()).isEqualTo(6 << 20);
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(FILES, file, ID, TIME, 9 << 20, 4 << 20)) {
      refused("cannot reuse index - index sizes not equal (3 != 2)", () -> writer.copyFrom(base));
    }
  }

  @Test
  void anIndexOfUnknownSizeGrowsUntilAShortChunkEndsIt(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a.img.fidx");
    try (FixedIndexWriter writer = FixedIndexWriter.createGrowing(FILES, file, ID, TIME, 4 << 20)) {
      assertThat(writer.chunkCount()).isZero();
      refused("index \"" + file + "\" has no chunk, expected at least one", writer::finish);
      refused("got unaligned chunk (pos = 1)", () -> writer.set(1, 4 << 20, ZEROS_4M));
      assertThat(writer.contentBytes()).isZero();
      writer.set(4 << 20, 1 << 20, ZEROS_1M);
      refused(
          "refusing to resize from 5242880 to 12582912",
          () -> writer.set(8 << 20, 4 << 20, ZEROS_4M));
      writer.set(0, 4 << 20, ZEROS_4M);
      writer.finish();
    }
    assertThat(file).hasBinaryContent(Golden.read("index/zeros-5m.fidx"));
  }

  @Test
  void fixedPositionsAreCheckedInPbsWords(@TempDir Path directory) {
    Path file = directory.resolve("a.img.fidx");
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(FILES, file, ID, TIME, 5 << 20, 4 << 20)) {
      refused(
          "chunk data exceeds size (8388608 >= 5242880)",
          () -> writer.set(4 << 20, 4 << 20, ZEROS_4M));
      refused(
          "chunk with unexpected length (1048576 != 4194304",
          () -> writer.set(0, 1 << 20, ZEROS_1M));
      refused(
          "chunk with unexpected length (5242880 != 4194304",
          () -> writer.set(0, 5 << 20, ZEROS_1M));
      refused("chunk with unexpected length (0 != 4194304", () -> writer.set(0, 0, ZEROS_1M));
      refused("got unaligned chunk (pos = 1048576)", () -> writer.set(1 << 20, 4 << 20, ZEROS_4M));
      refused("got unaligned chunk (pos = 1)", () -> writer.set(1, ZEROS_4M));
      refused("chunk data exceeds size (5242880 >= 5242880)", () -> writer.set(5 << 20, ZEROS_4M));
      refused("chunk data exceeds size (-1 >= 5242880)", () -> writer.set(-1, ZEROS_4M));
      assertThatThrownBy(() -> writer.set(Long.MAX_VALUE, 1, ZEROS_4M))
          .isInstanceOf(BackupException.class)
          .hasMessageStartingWith("chunk data exceeds size (");
    }
  }

  @Test
  void fixedIndexWithHoleIsNotFinished(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a.img.fidx");
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(FILES, file, ID, TIME, 5 << 20, 1 << 20)) {
      for (int i : new int[] {0, 1, 3, 4}) {
        writer.set((long) i << 20, ZEROS_1M);
      }
      refused(
          "index \"" + file + "\" is incomplete: chunk 2 of 5 (position 2097152) was never written",
          writer::finish);
      writer.set(2 << 20, ZEROS_1M);
      writer.finish();
    }
    assertThat(names(directory)).containsExactly("a.img.fidx");
  }

  @Test
  void fixedSizesOutOfRangeAreRefusedBeforeAnyFileIsMade(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("a.img.fidx");
    for (int chunkBytes : new int[] {0, -1, 3 << 20, 32 << 20, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> FixedIndexWriter.create(FILES, file, ID, TIME, 1, chunkBytes))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("chunk size " + chunkBytes + ", expected a power of two");
    }
    for (long size : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 60}) {
      assertThatThrownBy(() -> FixedIndexWriter.create(FILES, file, ID, TIME, size, 4 << 20))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("size " + size + ", expected 1 … 140736951484416");
    }
    assertThat(names(directory)).isEmpty();
  }

  @Test
  void dynamicChunkOutOfRangeIsRefusedAndChangesNothing(@TempDir Path directory) {
    Path file = directory.resolve("a.pxar.didx");
    try (DynamicIndexWriter writer = DynamicIndexWriter.create(FILES, file, ID, TIME)) {
      refused("index \"" + file + "\" has no chunk, expected at least one", writer::finish);
      writer.append(100, ZEROS_1M);
      Digest sum = writer.checksum();
      for (long end : new long[] {100, 99, 0, -1, Long.MAX_VALUE, 101 + (16 << 20)}) {
        refused(
            "index \"" + file + "\": chunk 1 ends at " + end + ", expected 101 … 16777316",
            () -> writer.append(end, ZEROS_1M));
      }
      assertThat(writer.checksum()).isEqualTo(sum);
      writer.append(100 + (16 << 20), ZEROS_4M);
      writer.finish();
    }
    assertThat(ChunkIndex.read(FILES, file, DYNAMIC).chunkCount()).isEqualTo(2);
  }

  @Test
  void closedWithoutFinishLeavesNothing(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a.pxar.didx");
    DynamicIndexWriter writer = DynamicIndexWriter.create(FILES, file, ID, TIME);
    writer.append(1, ZEROS_1M);
    writer.close();
    writer.close();
    assertThat(names(directory)).isEmpty();
    FixedIndexWriter fixed =
        FixedIndexWriter.create(FILES, directory.resolve("a.img.fidx"), ID, TIME, 1, 4 << 20);
    Files.delete(directory.resolve("a.img.tmp_fidx")); // as when its snapshot was removed
    fixed.close();
    assertThat(names(directory)).isEmpty();
  }

  @Test
  void secondWriterOfTheSameNameIsRefusedAndHarmless(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a.pxar.didx");
    try (DynamicIndexWriter first = DynamicIndexWriter.create(FILES, file, ID, TIME)) {
      assertThatThrownBy(() -> DynamicIndexWriter.create(FILES, file, ID, TIME))
          .isInstanceOfSatisfying(
              BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.ALREADY_EXISTS));
      first.append(1, ZEROS_1M);
      first.finish();
    }
    assertThat(ChunkIndex.read(FILES, file, DYNAMIC).contentBytes()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void failureOfAnyFileOperationLeavesNothingBehind(boolean dynamic, @TempDir Path directory)
      throws IOException {
    Path file = directory.resolve(dynamic ? "a.pxar.didx" : "a.img.fidx");
    int failAt = 0;
    boolean finished = false;
    while (!finished) {
      Faults faults = new Faults(++failAt);
      try {
        if (dynamic) {
          writeDynamic(faults.files(), file, 3000);
        } else {
          writeFixed(faults.files(), file);
        }
        finished = true;
      } catch (BackupException e) {
        assertThat(e.kind()).as("operation %d", failAt).isEqualTo(Kind.OUT_OF_SPACE);
        assertThat(e.text()).contains(file.toString(), "No space left on device");
        assertThat(names(directory)).as("after operation %d: %s", failAt, e).isEmpty();
      }
    }
    assertThat(failAt).isGreaterThan(8);
    assertThat(names(directory)).containsExactly(String.valueOf(file.getFileName()));
  }

  @Property(tries = 30)
  void whatIsAppendedIsReadAgain(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 3000) int count) throws IOException {
    inTemporaryDirectory(
        directory -> {
          Random random = new Random(seed);
          Path file = directory.resolve("a.pxar.didx");
          List<Digest> digests = new ArrayList<>();
          List<Long> ends = new ArrayList<>();
          long end = 0;
          try (DynamicIndexWriter writer = DynamicIndexWriter.create(FILES, file, ID, seed)) {
            for (int i = 0; i < count; i++) {
              end += 1 + random.nextInt(16 << 20);
              ends.add(end);
              digests.add(randomDigest(random));
              writer.append(end, digests.getLast());
            }
            writer.finish();
          }
          ChunkIndex read = ChunkIndex.read(FILES, file, DYNAMIC);
          assertThat(read.ctime()).isEqualTo(seed);
          assertThat(read.chunkCount()).isEqualTo(count);
          for (int i = 0; i < count; i++) {
            assertThat(read.end(i)).isEqualTo(ends.get(i));
            assertThat(read.digest(i)).isEqualTo(digests.get(i));
          }
        });
  }

  @Property(tries = 30)
  void fixedPositionsMayComeInAnyOrder(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 500) int count) throws IOException {
    inTemporaryDirectory(
        directory -> {
          Random random = new Random(seed);
          int chunkBytes = 1 << random.nextInt(25);
          long contentBytes = (count - 1L) * chunkBytes + 1 + random.nextInt(chunkBytes);
          List<Digest> digests = new ArrayList<>();
          List<Integer> order = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            digests.add(randomDigest(random));
            order.add(i);
          }
          Collections.shuffle(order, random);
          Path file = directory.resolve("a.img.fidx");
          try (FixedIndexWriter writer =
              FixedIndexWriter.create(FILES, file, ID, TIME, contentBytes, chunkBytes)) {
            for (int i : order) {
              int bytes = (int) Math.min(chunkBytes, contentBytes - (long) i * chunkBytes);
              writer.set((long) i * chunkBytes, bytes, digests.get(i));
            }
            writer.finish();
          }
          ChunkIndex read = ChunkIndex.read(FILES, file, FIXED);
          assertThat(read.contentBytes()).isEqualTo(contentBytes);
          assertThat(read.chunkCount()).isEqualTo(count);
          for (int i = 0; i < count; i++) {
            assertThat(read.digest(i)).isEqualTo(digests.get(i));
            assertThat(read.chunkAt(read.end(i) - 1)).isEqualTo(i);
          }
        });
  }

  private interface DirectoryTest {
    void run(Path directory) throws IOException;
  }

  // jqwik does not know @TempDir.
  private static void inTemporaryDirectory(DirectoryTest test) throws IOException {
    Path directory = Files.createTempDirectory("index");
    try {
      test.run(directory);
    } finally {
      for (String name : names(directory)) {
        Files.delete(directory.resolve(name));
      }
      Files.delete(directory);
    }
  }

  private static void writeDynamic(FileOps files, Path file, int count) {
    try (DynamicIndexWriter writer = DynamicIndexWriter.create(files, file, ID, TIME)) {
      for (int i = 1; i <= count; i++) {
        writer.append(i, ZEROS_1M);
      }
      writer.finish();
    }
  }

  private static void writeFixed(FileOps files, Path file) {
    try (FixedIndexWriter writer =
        FixedIndexWriter.create(files, file, ID, TIME, 5 << 20, 4 << 20)) {
      writer.set(0, ZEROS_4M);
      writer.set(4 << 20, ZEROS_1M);
      writer.finish();
    }
  }

  private static Digest randomDigest(Random random) {
    return new Digest(random.nextLong(), random.nextLong(), random.nextLong(), 1);
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    }
  }

  private static void refused(String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.text()).isEqualTo(text);
              assertThat(e.kind()).isEqualTo(Kind.INVALID_INPUT);
            });
  }

  /** Lets one file operation fail as on a full disk; removing and closing still work. */
  private static final class Faults {
    private int left;

    Faults(int failAt) {
      left = failAt;
    }

    FileOps files() {
      return wrap(FileOps.class, FILES);
    }

    private <T> T wrap(Class<T> type, Object real) {
      InvocationHandler handler =
          (proxy, method, arguments) -> {
            boolean cleansUp =
                method.getName().equals("delete") || method.getName().equals("close");
            if (!cleansUp && --left == 0) {
              throw new IOException("No space left on device");
            }
            try {
              Object result = method.invoke(real, arguments);
              return result instanceof FileOps.WritableFile file && type == FileOps.class
                  ? wrap(FileOps.WritableFile.class, file)
                  : result;
            } catch (InvocationTargetException e) {
              throw e.getTargetException();
            }
          };
      return type.cast(
          Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {type}, handler));
    }
  }
}
