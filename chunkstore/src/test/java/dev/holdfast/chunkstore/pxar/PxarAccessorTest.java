package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** At stake: a file is found although its name collides, and in archives of the first clients. */
class PxarAccessorTest {
  private static final Bytes WANTED = Bytes.of("wanted");

  @Test
  void aNameWhoseHashAnotherHasTooIsFoundOnBothSides() throws IOException {
    for (int place = 0; place < 3; place++) {
      byte[] archive = colliding(place);
      PxarAccessor accessor = PxarAccessor.open(ByteSource.of(archive), "root.pxar.didx");
      PxarNode node = Objects.requireNonNull(accessor.find(WANTED), "found at " + place);
      assertThat(accessor.content(node).read(0, 1)).isEqualTo(Bytes.of("w").toArray());
      assertThat(accessor.list(accessor.root())).hasSize(3);
    }
  }

  /** Three children, all with the hash of one of them, which is at this place of the table. */
  private static byte[] colliding(int place) {
    RawArchive archive = new RawArchive().directory("");
    long[] positions = new long[3];
    for (int i = 0; i < 3; i++) {
      positions[i] = archive.length();
      archive.file(i == place ? WANTED : Bytes.of("other" + i), "w");
    }
    long goodbye = archive.length();
    ByteBuffer table =
        ByteBuffer.allocate(4 * PxarFormat.GOODBYE_RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long position : positions) {
      table.putLong(SipHash24.hash(WANTED)).putLong(goodbye - position).putLong(1);
    }
    table
        .putLong(PxarFormat.GOODBYE_TAIL_MARKER)
        .putLong(goodbye)
        .putLong(PxarFormat.HEADER_BYTES + table.capacity());
    return archive.item(PxarFormat.GOODBYE, table.array()).bytes();
  }

  @Test
  void theStatOfTheFirstVersionHasNanoseconds() throws IOException {
    ByteBuffer stat =
        ByteBuffer.allocate(PxarFormat.ENTRY_V1_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(FileMode.DIRECTORY | 0750)
            .putLong(0)
            .putInt(1000)
            .putInt(1001)
            .putLong(1_700_000_000_123_456_789L);
    long tail = PxarFormat.HEADER_BYTES + PxarFormat.ENTRY_V1_BYTES;
    ByteBuffer table =
        ByteBuffer.allocate(PxarFormat.GOODBYE_RECORD_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(PxarFormat.GOODBYE_TAIL_MARKER)
            .putLong(tail)
            .putLong(PxarFormat.HEADER_BYTES + PxarFormat.GOODBYE_RECORD_BYTES);
    byte[] archive =
        new RawArchive()
            .item(PxarFormat.ENTRY_V1, stat.array())
            .item(PxarFormat.GOODBYE, table.array())
            .bytes();
    PxarStat expected =
        new PxarStat(FileMode.DIRECTORY | 0750, 0, 1000, 1001, 1_700_000_000, 123_456_789);
    PxarEntry read = new PxarReader(new ByteArrayInputStream(archive)).next();
    assertThat(read).isEqualTo(new PxarEntry.Directory(Bytes.EMPTY, expected, PxarMetadata.NONE));
    PxarAccessor accessor = PxarAccessor.open(ByteSource.of(archive), "root.pxar.didx");
    assertThat(accessor.root().entry()).isEqualTo(read);
    assertThat(accessor.list(accessor.root())).isEmpty();
  }
}
