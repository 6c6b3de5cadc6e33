package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import dev.holdfast.chunkstore.testing.MemoryPayload;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * At stake: a damaged archive is one error that says where, never a hang, never another kind of
 * exception. (What chunks hold is checked before; this is the second line, and for files.)
 */
class DamagedArchiveTest {
  private static final String NAME = "root.pxar.didx";
  private static final byte[] SINGLE = single();
  private static final byte[] METADATA;
  private static final byte[] PAYLOAD;

  static {
    ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    write(new PxarWriter(metadata, new MemoryPayload(payload), Bytes.of("{}")));
    METADATA = metadata.toByteArray();
    PAYLOAD = payload.toByteArray();
  }

  private static byte[] single() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(new PxarWriter(out));
    return out.toByteArray();
  }

  /** Some of everything. */
  private static void write(PxarWriter writer) {
    PxarMetadata rich =
        new PxarMetadata(
            List.of(new Xattr(Bytes.of("user.a"), Bytes.of("value"))),
            new PxarAcl(
                List.of(new PxarAcl.Named(1000, 7)),
                List.of(new PxarAcl.Named(3000, 5)),
                5,
                new PxarAcl.Defaults(7, 5, 0, null),
                List.of(new PxarAcl.Named(1, 1)),
                List.of(new PxarAcl.Named(2, 2))),
            Bytes.of(new byte[20]),
            42L);
    try {
      writer.startRoot(stat(FileMode.DIRECTORY), rich);
      Bytes first = Bytes.of("a");
      PxarWriter.Written file =
          writer.file(
              first, stat(FileMode.REGULAR), rich, 700, new ByteArrayInputStream(new byte[700]));
      writer.hardLink(Bytes.of("b"), file.position(), first);
      writer.startDirectory(Bytes.of("d"), stat(FileMode.DIRECTORY), PxarMetadata.NONE);
      for (int i = 0; i < 9; i++) {
        InputStream content = new ByteArrayInputStream(Bytes.of("content " + i).toArray());
        writer.file(Bytes.of("f" + i), stat(FileMode.REGULAR), PxarMetadata.NONE, 9, content);
      }
      writer.endDirectory();
      writer.device(Bytes.of("dev"), stat(FileMode.BLOCK_DEVICE), PxarMetadata.NONE, 8, 1);
      writer.special(Bytes.of("fifo"), stat(FileMode.FIFO), PxarMetadata.NONE);
      writer.symlink(Bytes.of("l"), stat(FileMode.SYMLINK), PxarMetadata.NONE, first);
      writer.special(Bytes.of("sock"), stat(FileMode.SOCKET), PxarMetadata.NONE);
      writer.endDirectory();
      writer.finish();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static PxarStat stat(int type) {
    return new PxarStat(type | 0644, 0, 0, 0, 1_700_000_000, 1);
  }

  @Example
  void everyTruncationIsAnErrorOfBothReaders() throws IOException {
    for (int length = 0; length < SINGLE.length; length++) {
      byte[] cut = Arrays.copyOf(SINGLE, length);
      assertThat(streamed(cut)).as("%d of %d bytes", length, SINGLE.length).isFalse();
      if (length < SINGLE.length - 1) {
        assertThat(accessed(cut)).as("%d of %d bytes", length, SINGLE.length).isFalse();
      }
    }
  }

  @Property(tries = 3000)
  void aFlippedBitIsHarmlessOrOneErrorThatSaysWhere(
      @ForAll @IntRange(max = 1 << 20) int at, @ForAll @IntRange(max = 7) int bit)
      throws IOException {
    byte[] damaged = SINGLE.clone();
    damaged[at % damaged.length] ^= (byte) (1 << bit);
    streamed(damaged);
    accessed(damaged);
  }

  @Property(tries = 3000)
  void aFlippedBitOfASplitArchiveIsHarmlessOrOneErrorThatSaysWhere(
      @ForAll @IntRange(max = 1 << 20) int at, @ForAll @IntRange(max = 7) int bit)
      throws IOException {
    byte[] metadata = METADATA.clone();
    byte[] payload = PAYLOAD.clone();
    int place = at % (metadata.length + payload.length);
    byte[] damaged = place < metadata.length ? metadata : payload;
    damaged[place < metadata.length ? place : place - metadata.length] ^= (byte) (1 << bit);
    streamed(metadata, payload);
    accessed(metadata, payload);
  }

  @Property(tries = 1000)
  void manyDamagesAreOneError(@ForAll long seed) throws IOException {
    byte[] damaged = SINGLE.clone();
    Random random = new Random(seed);
    for (int i = random.nextInt(20); i >= 0; i--) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
    }
    streamed(damaged);
    accessed(damaged);
  }

  /** Whether it was read to its end; anything but an error that says where fails the test. */
  static boolean streamed(byte[] archive) throws IOException {
    return streamed(archive, new byte[0]);
  }

  private static boolean streamed(byte[] archive, byte[] payload) throws IOException {
    PxarReader reader =
        new PxarReader(
            new ByteArrayInputStream(archive),
            NAME,
            new PayloadStream(new ByteArrayInputStream(payload), "root.ppxar.didx"));
    try {
      for (PxarEntry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry instanceof PxarEntry.RegularFile) {
          reader.content().transferTo(OutputStream.nullOutputStream());
        }
      }
      return true;
    } catch (BackupException e) {
      checkError(e);
      return false;
    }
  }

  static boolean accessed(byte[] archive) throws IOException {
    return accessed(archive, new byte[0]);
  }

  private static boolean accessed(byte[] archive, byte[] payload) throws IOException {
    try {
      PxarAccessor accessor =
          PxarAccessor.open(ByteSource.of(archive), NAME, ByteSource.of(payload));
      if (accessor.root().isDirectory()) { // else a bit made it another kind of file
        walk(accessor, accessor.root());
      }
      return true;
    } catch (BackupException e) {
      checkError(e);
      return false;
    }
  }

  private static void walk(PxarAccessor accessor, PxarNode directory) throws IOException {
    for (PxarNode node : accessor.list(directory)) {
      if (node.isDirectory()) {
        walk(accessor, node);
      } else if (accessor.first(node).entry() instanceof PxarEntry.RegularFile) {
        ByteSource content = accessor.content(accessor.first(node));
        byte[] unused = content.read(0, (int) Math.min(content.bytes(), 1 << 20));
      }
    }
  }

  private static void checkError(BackupException e) {
    assertThat(e.kind())
        .isIn(BackupException.Kind.CORRUPT_DATA, BackupException.Kind.UNSUPPORTED_VERSION);
    assertThat(e.text()).contains("root.");
    if (e.kind() == BackupException.Kind.CORRUPT_DATA) {
      assertThat(e.text()).containsPattern("offset \\d+");
    }
  }
}
