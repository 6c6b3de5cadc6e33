package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** At stake: the size of an archive, or of a directory in it, is no matter of memory. */
class HugeArchiveTest {
  private static final int FILES = 10_000_000;
  private static final String HEAP = "-Xmx32m";

  @Test
  void tenMillionFilesOfOneDirectoryAreReadInASmallHeap()
      throws IOException, InterruptedIOException, InterruptedException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process reader =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-cp",
                classPath,
                HugeArchiveTest.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(reader.waitFor()).as(said).isZero();
    assertThat(said).contains(FILES + " files");
  }

  /** In the other JVM. */
  public static void main(String[] args) throws IOException {
    PxarReader reader = new PxarReader(new Generator());
    long files = 0;
    for (PxarEntry entry = reader.next(); entry != null; entry = reader.next()) {
      if (entry instanceof PxarEntry.RegularFile) {
        files++;
      }
    }
    System.out.println(files + " files");
  }

  /** The archive, made as it is read: the root, empty files, and a table of zeros with its tail. */
  private static final class Generator extends InputStream {
    private static final int TABLE_BLOCK_RECORDS = 1000;

    private byte[] block;
    private int at;
    private int made;
    private long length;
    private long recordsLeft = FILES + 1L;

    Generator() {
      block = new RawArchive().directory("").bytes();
      length = block.length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
      Objects.checkFromIndexSize(offset, count, target.length);
      if (at == block.length && !next()) {
        return -1;
      }
      int part = Math.min(count, block.length - at);
      System.arraycopy(block, at, target, offset, part);
      at += part;
      return part;
    }

    private boolean next() {
      at = 0;
      if (made < FILES) {
        block =
            new RawArchive()
                .filename(Bytes.of(String.format("%08d", made++)))
                .entry(FileMode.REGULAR | 0644)
                .item(PxarFormat.PAYLOAD, new byte[0])
                .bytes();
        length += block.length;
        return true;
      }
      if (recordsLeft == FILES + 1L) {
        long bytes = PxarFormat.HEADER_BYTES + recordsLeft * PxarFormat.GOODBYE_RECORD_BYTES;
        block = new RawArchive().header(PxarFormat.GOODBYE, bytes).bytes();
        recordsLeft--;
        return true;
      }
      if (recordsLeft > 0) {
        int records = (int) Math.min(recordsLeft, TABLE_BLOCK_RECORDS);
        block = new byte[records * PxarFormat.GOODBYE_RECORD_BYTES];
        recordsLeft -= records;
        return true;
      }
      if (recordsLeft == 0) {
        recordsLeft = -1;
        block =
            ByteBuffer.allocate(PxarFormat.GOODBYE_RECORD_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(PxarFormat.GOODBYE_TAIL_MARKER)
                .putLong(length)
                .putLong(PxarFormat.HEADER_BYTES + (FILES + 1L) * PxarFormat.GOODBYE_RECORD_BYTES)
                .array();
        return true;
      }
      return false;
    }
  }
}
