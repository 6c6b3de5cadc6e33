package dev.holdfast.chunkstore.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: an index that is read wrongly restores the wrong bytes or lets a collector delete the
 * right ones. Golden files are read, damaged in every bit and cut at every length.
 */
class ChunkIndexTest {
  private static final ArchiveName FIXED = new ArchiveName("a.img.fidx");
  private static final ArchiveName DYNAMIC = new ArchiveName("a.pxar.didx");
  private static final String ZEROS_4M =
      "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8";
  private static final String ZEROS_1M =
      "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58";
  private static final int CHECKSUM_AT = 32;
  private static final int SIZE_AT = 64;
  private static final int CHUNK_SIZE_AT = 72;
  private static final int ENTRIES_AT = 4096;

  @Test
  void magicsAreTheHashesOfTheirNames() {
    assertThat(IndexFormat.FIXED_MAGIC)
        .isEqualTo(magic("Proxmox Backup fixed sized chunk index v1.0"));
    assertThat(IndexFormat.DYNAMIC_MAGIC)
        .isEqualTo(magic("Proxmox Backup dynamic sized chunk index v1.0"));
  }

  @Test
  void readsTheExamplesOfTheSpecification() throws IOException {
    ChunkIndex fixed = parse(Golden.read("index/zeros-5m.fidx"), FIXED);
    assertThat(fixed.checksum().hex())
        .isEqualTo("f8bd3b7fc59d52351f1518fcecab6a686585ff0a707e9da79d717a1ed108ea2a");
    assertThat(((FixedIndex) fixed).chunkSizeBytes()).isEqualTo(4 << 20);
    checkZeros(fixed);
    ChunkIndex dynamic = parse(Golden.read("index/zeros-5m.didx"), DYNAMIC);
    assertThat(dynamic.checksum().hex())
        .isEqualTo("28a9800581289aba5a7430fbd35ec51395f52d4cf3572f4703ce7461e4897a61");
    checkZeros(dynamic);
  }

  private static void checkZeros(ChunkIndex index) {
    assertThat(index.chunkCount()).isEqualTo(2);
    assertThat(index.contentBytes()).isEqualTo(5 << 20);
    assertThat(index.digest(0).hex()).isEqualTo(ZEROS_4M);
    assertThat(index.digest(1).hex()).isEqualTo(ZEROS_1M);
    assertThat(index.start(0)).isZero();
    assertThat(index.end(0)).isEqualTo(4 << 20);
    assertThat(index.start(1)).isEqualTo(4 << 20);
    assertThat(index.end(1)).isEqualTo(5 << 20);
    assertThat(index.chunkBytes(1)).isEqualTo(1 << 20);
    assertThat(index.uuid()).isEqualTo(UUID.fromString("00010203-0405-0607-0809-0a0b0c0d0e0f"));
    assertThat(index.ctime()).isEqualTo(1_717_581_600L);
    assertThat(index.chunkAt(0)).isZero();
    assertThat(index.chunkAt((4 << 20) - 1)).isZero();
    assertThat(index.chunkAt(4 << 20)).isEqualTo(1);
    assertThat(index.chunkAt((5 << 20) - 1)).isEqualTo(1);
    for (long outside : new long[] {-1, 5 << 20, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> index.chunkAt(outside))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    for (int outside : new int[] {-1, 2}) {
      assertThatThrownBy(() -> index.digest(outside)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> index.end(outside)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    for (ArchiveName name : new ArchiveName[] {FIXED, DYNAMIC}) {
      byte[] file = golden(name);
      for (int length = 0; length < file.length; length++) {
        byte[] shorter = Arrays.copyOf(file, length);
        assertThatThrownBy(() -> parse(shorter, name))
            .as("%d bytes of %s", length, name)
            .isInstanceOf(BackupException.class);
      }
      byte[] longer = Arrays.copyOf(file, file.length + 1);
      assertThatThrownBy(() -> parse(longer, name)).isInstanceOf(BackupException.class);
    }
  }

  @Test
  void everyFlippedBitIsRefusedOrTouchesNoChunk() throws IOException {
    for (ArchiveName name : new ArchiveName[] {FIXED, DYNAMIC}) {
      byte[] file = golden(name);
      ChunkIndex whole = parse(file.clone(), name);
      int harmless = 0;
      for (int bit = 0; bit < file.length * 8; bit++) {
        byte[] flipped = file.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        ChunkIndex read = parseOrNull(flipped, name);
        if (read != null) {
          harmless++;
          assertThat(isFreeToChange(name, bit / 8)).as("bit %d of %s", bit, name).isTrue();
          assertThat(read.checksum()).isEqualTo(whole.checksum());
          assertThat(read.chunkCount()).isEqualTo(2);
          // The size of an image lies outside its checksum; chunk and manifest tell it again.
          assertThat(read.end(0)).isEqualTo(whole.end(0));
        }
      }
      assertThat(harmless).isPositive();
    }
  }

  private static boolean isFreeToChange(ArchiveName name, int at) {
    boolean reserved = at >= (name.equals(FIXED) ? CHUNK_SIZE_AT + 8 : SIZE_AT) && at < ENTRIES_AT;
    boolean uuidOrTime = at >= 8 && at < CHECKSUM_AT;
    boolean imageSize = name.equals(FIXED) && at >= SIZE_AT && at < CHUNK_SIZE_AT;
    return reserved || uuidOrTime || imageSize;
  }

  @Test
  void checksumOfTheManifestDecidesInPlaceOfTheHeader() throws IOException {
    for (ArchiveName name : new ArchiveName[] {FIXED, DYNAMIC}) {
      byte[] file = golden(name);
      Digest sum = parse(file.clone(), name).checksum();
      file[CHECKSUM_AT] ^= 1;
      byte[] damagedHeader = file.clone();
      refused(
          damagedHeader,
          name,
          "found checksum "
              + Digest.read(ByteBuffer.wrap(file, CHECKSUM_AT, 32))
              + " at offset 32, expected "
              + sum);
      assertThat(ChunkIndex.parse(file.clone(), name, "x", sum).checksum()).isEqualTo(sum);
      assertThatThrownBy(() -> ChunkIndex.parse(file, name, "x", Digest.sha256(new byte[0])))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("found entries with checksum " + sum + " at offset 4096");
    }
  }

  @Test
  void refusalsNameFileOffsetFoundAndExpected() throws IOException {
    byte[] fixed = golden(FIXED);
    byte[] dynamic = golden(DYNAMIC);
    refused(
        dynamic,
        FIXED,
        "Unable to open fixed index \"somewhere\" - found magic 1c914ea519bab3cd at offset 0,"
            + " expected 2f7f41ed91fd0fcd");
    refused(
        new byte[4096],
        DYNAMIC,
        "Unable to open dynamic index \"somewhere\" - found a length of 4096 bytes at offset 0,"
            + " expected 4097 … 1073741824");
    refused(
        put(fixed, CHUNK_SIZE_AT, 3 << 20),
        FIXED,
        "found chunk size 3145728 at offset 72, expected a power of two up to 16777216");
    refused(
        put(fixed, CHUNK_SIZE_AT, Long.MIN_VALUE), FIXED, "found chunk size 9223372036854775808");
    refused(put(fixed, CHUNK_SIZE_AT, 32 << 20), FIXED, "found chunk size 33554432");
    refused(put(fixed, SIZE_AT, 0), FIXED, "found content size 0 at offset 64, expected 1 … ");
    refused(put(fixed, SIZE_AT, -1), FIXED, "found content size 18446744073709551615");
    refused(
        put(fixed, SIZE_AT, Long.MAX_VALUE),
        FIXED,
        "found 64 bytes of digests at offset 4096, expected 2199023255552 digests of 32 bytes");
    refused(
        Arrays.copyOf(dynamic, dynamic.length + 8),
        DYNAMIC,
        "found 88 bytes of entries at offset 4096, expected a multiple of 40");
    refused(
        put(dynamic, ENTRIES_AT + 40, 4 << 20),
        DYNAMIC,
        "found end offset 4194304 at offset 4136, expected 4194305 … 20971520");
    refused(
        put(dynamic, ENTRIES_AT, 0), DYNAMIC, "found end offset 0 at offset 4096, expected 1 … ");
    refused(put(dynamic, ENTRIES_AT, -1), DYNAMIC, "found end offset 18446744073709551615");
    refused(
        put(dynamic, ENTRIES_AT, (16 << 20) + 1),
        DYNAMIC,
        "found end offset 16777217 at offset 4096, expected 1 … 16777216");
  }

  @Test
  void refusesNameThatIsNoIndex() {
    assertThatThrownBy(
            () -> ChunkIndex.parse(new byte[5000], new ArchiveName("a.blob"), "somewhere"))
        .isInstanceOf(BackupException.class)
        .hasMessage("archive 'a.blob' is a blob, expected an index");
  }

  @Test
  void readsFilesAndSaysWhichIsMissing(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a.pxar.didx");
    ThrowingCallable read = () -> ChunkIndex.read(new LocalFiles(), file, DYNAMIC);
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
              assertThat(e.text())
                  .isEqualTo(
                      "Unable to open dynamic index \""
                          + file
                          + "\" - No such file or directory (os error 2)");
            });
    Files.write(file, golden(DYNAMIC));
    checkZeros(ChunkIndex.read(new LocalFiles(), file, DYNAMIC));
    Files.write(file, new byte[0]);
    assertThatThrownBy(read)
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("\"" + file + "\" - found a length of 0 bytes");
  }

  @Test
  void positionsOfLargeIndexAreFoundAndSampledDamageIsRefused() {
    long seed = 20_240_605;
    Random random = new Random(seed);
    int count = 20_000;
    ByteBuffer file = ByteBuffer.allocate(ENTRIES_AT + count * 40).order(ByteOrder.LITTLE_ENDIAN);
    file.put(HexFormat.of().parseHex("1c914ea519bab3cd")).position(ENTRIES_AT);
    long end = 0;
    for (int i = 0; i < count; i++) {
      end += 1 + random.nextInt(16 << 20);
      file.putLong(end).putLong(random.nextLong()).putLong(i).putLong(0).putLong(0);
    }
    Digest.sha256(file.array(), ENTRIES_AT, count * 40).write(file.position(CHECKSUM_AT));
    ChunkIndex index = parse(file.array().clone(), DYNAMIC);
    assertThat(index.contentBytes()).isEqualTo(end);
    for (int i = 0; i < count; i++) {
      assertThat(index.chunkAt(index.start(i))).isEqualTo(i);
      assertThat(index.chunkAt(index.end(i) - 1)).isEqualTo(i);
    }
    for (int i = 0; i < 200; i++) {
      byte[] damaged = file.array().clone();
      int at = ENTRIES_AT + random.nextInt(count * 40);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      assertThatThrownBy(() -> parse(damaged, DYNAMIC))
          .as("offset %d, seed %d", at, seed)
          .isInstanceOf(BackupException.class);
    }
  }

  private static void refused(byte[] file, ArchiveName name, String text) {
    assertThatThrownBy(() -> parse(file, name))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.text()).contains(text);
              assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA);
            });
  }

  private static byte[] put(byte[] file, int at, long value) {
    byte[] changed = file.clone();
    ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return changed;
  }

  private static @Nullable ChunkIndex parseOrNull(byte[] file, ArchiveName name) {
    try {
      return parse(file, name);
    } catch (BackupException e) {
      assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA);
      assertThat(e.text()).contains("somewhere", "found ", "at offset ", ", expected ");
      return null;
    }
  }

  private static ChunkIndex parse(byte[] file, ArchiveName name) {
    return ChunkIndex.parse(file, name, "somewhere");
  }

  private static byte[] golden(ArchiveName name) throws IOException {
    return Golden.read("index/zeros-5m." + (name.equals(FIXED) ? "fidx" : "didx"));
  }

  private static long magic(String name) {
    return Digest.sha256(name.getBytes(StandardCharsets.US_ASCII)).w0();
  }
}
