package dev.holdfast.chunkstore.pxar;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Pulls one item after the other from a stream. Knows sizes and limits (spec/formats.md §6.1), not
 * which item may follow which: that is {@link PxarReader}. Nothing is allocated from a length
 * before that length was compared with its limit. The content of a payload, goodbye table or
 * prelude is read by {@link #readContent}; what is left of it is skipped by the next {@link #next}.
 */
public final class PxarItemReader {
  /** For a whole stream. */
  private static final int BUFFER_BYTES = 64 * 1024;

  private final InputStream source;
  private final String name;
  private final byte[] buffer;
  private int bufferAt;
  private int bufferEnd;
  private long position;
  private long contentLeft;

  /**
   * The stream stays the caller's; it is read in blocks, so to the end of its last block.
   *
   * @param name of the archive, for errors
   */
  public PxarItemReader(InputStream source, String name) {
    this(source, name, 0, BUFFER_BYTES);
  }

  /**
   * From the middle of an archive.
   *
   * @param position where the first byte of the stream stands in the archive
   * @param bufferBytes read at once; at least the size of a header
   */
  PxarItemReader(InputStream source, String name, long position, int bufferBytes) {
    this.source = source;
    this.name = name;
    this.position = position;
    this.buffer = new byte[bufferBytes];
  }

  String name() {
    return name;
  }

  /** Where the next byte stands. */
  public long position() {
    return position;
  }

  /**
   * The next item, or null at the end of the stream between two items. CORRUPT_DATA for what the
   * format does not allow, with the offset of the item.
   */
  public @Nullable PxarItem next() throws IOException {
    skipContent();
    long start = position;
    if (!fill(PxarFormat.HEADER_BYTES)) {
      if (bufferEnd == bufferAt) {
        return null;
      }
      throw corrupt(start, "the archive ends within the header of an item");
    }
    ByteBuffer header = take(PxarFormat.HEADER_BYTES);
    PxarItem.Header at = new PxarItem.Header(start, header.getLong(), header.getLong());
    if (at.bytes() < PxarFormat.HEADER_BYTES || start > Long.MAX_VALUE - at.bytes()) {
      throw corrupt(
          start,
          "item size is "
              + Long.toUnsignedString(at.bytes())
              + ", expected at least 16 and within a stream of 2^63 bytes");
    }
    return body(at);
  }

  private PxarItem body(PxarItem.Header at) throws IOException {
    long type = at.type();
    if (type == PxarFormat.FILENAME) {
      return new PxarItem.Filename(at, text(at, "file name", PxarFormat.PATH_BYTES_MAX));
    } else if (type == PxarFormat.ENTRY) {
      return entry(at, exactly(at, "ENTRY", PxarFormat.ENTRY_BYTES));
    } else if (type == PxarFormat.PAYLOAD) {
      contentLeft = at.contentBytes();
      return new PxarItem.Payload(at);
    } else if (type == PxarFormat.GOODBYE) {
      contentLeft = at.contentBytes();
      return new PxarItem.Goodbye(at);
    } else if (type == PxarFormat.SYMLINK) {
      return new PxarItem.Symlink(at, text(at, "link target", PxarFormat.PATH_BYTES_MAX));
    } else if (type == PxarFormat.HARDLINK) {
      return hardLink(at);
    } else if (type == PxarFormat.XATTR) {
      return extendedAttribute(at);
    } else if (type == PxarFormat.DEVICE) {
      ByteBuffer content = exactly(at, "DEVICE", PxarFormat.DEVICE_BYTES);
      return new PxarItem.Device(at, content.getLong(), content.getLong());
    } else if (type == PxarFormat.ACL_USER
        || type == PxarFormat.ACL_GROUP
        || type == PxarFormat.ACL_DEFAULT_USER
        || type == PxarFormat.ACL_DEFAULT_GROUP) {
      ByteBuffer content = exactly(at, "ACL", PxarFormat.ACL_NAMED_BYTES);
      return new PxarItem.AclNamed(at, content.getLong(), content.getLong());
    } else if (type == PxarFormat.ACL_GROUP_OBJ) {
      return new PxarItem.AclGroupObject(
          at, exactly(at, "ACL_GROUP_OBJ", PxarFormat.ACL_OBJECT_BYTES).getLong());
    } else if (type == PxarFormat.ACL_DEFAULT) {
      ByteBuffer content = exactly(at, "ACL_DEFAULT", PxarFormat.ACL_DEFAULT_BYTES);
      return new PxarItem.AclDefault(
          at, content.getLong(), content.getLong(), content.getLong(), content.getLong());
    } else if (type == PxarFormat.FCAPS) {
      return new PxarItem.Capabilities(at, limited(at, "FCAPS", PxarFormat.XATTR_BYTES_MAX));
    } else if (type == PxarFormat.QUOTA_PROJID) {
      return new PxarItem.QuotaProject(
          at, exactly(at, "QUOTA_PROJID", PxarFormat.QUOTA_PROJID_BYTES).getLong());
    } else if (type == PxarFormat.ENTRY_V1) {
      return entryV1(at, exactly(at, "ENTRY_V1", PxarFormat.ENTRY_V1_BYTES));
    } else if (type == PxarFormat.PAYLOAD_REF) {
      ByteBuffer content = exactly(at, "PAYLOAD_REF", PxarFormat.PAYLOAD_REFERENCE_BYTES);
      return new PxarItem.PayloadReference(at, content.getLong(), content.getLong());
    } else if (type == PxarFormat.FORMAT_VERSION) {
      return new PxarItem.FormatVersion(
          at, exactly(at, "FORMAT_VERSION", PxarFormat.FORMAT_VERSION_BYTES).getLong());
    } else if (type == PxarFormat.PRELUDE) {
      contentLeft = at.contentBytes();
      return new PxarItem.Prelude(at);
    }
    throw corrupt(at.position(), "unknown item type " + HexFormat.of().toHexDigits(type));
  }

  private PxarItem entry(PxarItem.Header at, ByteBuffer content) {
    long mode = content.getLong();
    long flags = content.getLong();
    int uid = content.getInt();
    int gid = content.getInt();
    return stat(at, mode, flags, uid, gid, content.getLong(), content.getInt());
  }

  private PxarItem entryV1(PxarItem.Header at, ByteBuffer content) {
    long mode = content.getLong();
    long flags = content.getLong();
    int uid = content.getInt();
    int gid = content.getInt();
    long nanos = content.getLong();
    long seconds = Long.divideUnsigned(nanos, PxarFormat.NANOS_PER_SECOND);
    int rest = (int) Long.remainderUnsigned(nanos, PxarFormat.NANOS_PER_SECOND);
    return stat(at, mode, flags, uid, gid, seconds, rest);
  }

  private PxarItem stat(
      PxarItem.Header at, long mode, long flags, int uid, int gid, long seconds, int nanos) {
    if ((mode & ~0xffffL) != 0) {
      throw corrupt(at.position(), "mode " + Long.toHexString(mode) + " is not a Unix mode");
    }
    try {
      return new PxarItem.Entry(at, new PxarStat((int) mode, flags, uid, gid, seconds, nanos));
    } catch (BackupException e) {
      throw corrupt(at.position(), e.text());
    }
  }

  private PxarItem hardLink(PxarItem.Header at) throws IOException {
    ByteBuffer content = content(at, "HARDLINK", Long.BYTES + 2, PxarFormat.HARDLINK_BYTES_MAX);
    long distance = content.getLong();
    return new PxarItem.HardLink(at, distance, terminated(at, "hard link path", content));
  }

  private PxarItem extendedAttribute(PxarItem.Header at) throws IOException {
    ByteBuffer content = content(at, "XATTR", 2, PxarFormat.XATTR_BYTES_MAX);
    int start = content.position();
    while (content.hasRemaining()) {
      if (content.get() == 0) {
        int length = content.position() - 1 - start;
        Bytes name = Bytes.read(content.position(start), length);
        content.get();
        if (name.isEmpty()) {
          break;
        }
        Bytes value = Bytes.read(content, content.remaining());
        return new PxarItem.ExtendedAttribute(at, name, value);
      }
    }
    throw corrupt(at.position(), "extended attribute has no name that ends with NUL");
  }

  /** Text with a NUL behind it and none within. */
  private Bytes text(PxarItem.Header at, String what, int bytesMax) throws IOException {
    return terminated(at, what, content(at, what, 1, bytesMax + 1));
  }

  private Bytes terminated(PxarItem.Header at, String what, ByteBuffer content) {
    Bytes text = Bytes.read(content, content.remaining() - 1);
    if (content.get() != 0) {
      throw corrupt(at.position(), what + " does not end with NUL");
    }
    if (text.isEmpty()) {
      throw corrupt(at.position(), what + " is empty");
    }
    if (text.contains((byte) 0)) {
      throw corrupt(at.position(), what + " '" + text + "' has a NUL within");
    }
    return text;
  }

  private Bytes limited(PxarItem.Header at, String what, int bytesMax) throws IOException {
    ByteBuffer content = content(at, what, 0, bytesMax);
    return Bytes.read(content, content.remaining());
  }

  private ByteBuffer exactly(PxarItem.Header at, String what, int bytes) throws IOException {
    return content(at, what, bytes, bytes);
  }

  private ByteBuffer content(PxarItem.Header at, String what, int bytesMin, int bytesMax)
      throws IOException {
    long bytes = at.contentBytes();
    if (bytes < bytesMin || bytes > bytesMax) {
      String expected =
          bytesMin == bytesMax
              ? "expected " + bytesMin
              : "expected " + bytesMin + " to " + bytesMax;
      throw corrupt(at.position(), what + " has " + bytes + " bytes, " + expected);
    }
    if (bytes > buffer.length) {
      return bigContent((int) bytes);
    }
    if (!fill((int) bytes)) {
      throw truncated();
    }
    return take((int) bytes);
  }

  private ByteBuffer bigContent(int bytes) throws IOException {
    contentLeft = bytes;
    byte[] content = readContent();
    return ByteBuffer.wrap(content).order(LITTLE_ENDIAN);
  }

  /** Bytes of the current payload, goodbye table or prelude that were not read yet. */
  public long contentLeft() {
    return contentLeft;
  }

  /** Reads content as an InputStream does: -1 at its end, CORRUPT_DATA when the archive is cut. */
  public int readContent(byte[] target, int offset, int length) throws IOException {
    if (contentLeft == 0) {
      return -1;
    }
    int wanted = (int) Math.min(length, contentLeft);
    int got = Math.min(wanted, bufferEnd - bufferAt);
    if (got > 0) {
      System.arraycopy(buffer, bufferAt, target, offset, got);
      bufferAt += got;
    } else {
      got = source.read(target, offset, wanted);
      if (got < 0) {
        throw truncated();
      }
    }
    position += got;
    contentLeft -= got;
    return got;
  }

  /** All content of an item whose size was compared with a limit. */
  byte[] readContent() throws IOException {
    byte[] content = new byte[Math.toIntExact(contentLeft)];
    int done = 0;
    while (done < content.length) {
      done += readContent(content, done, content.length - done);
    }
    return content;
  }

  private void skipContent() throws IOException {
    int buffered = (int) Math.min(contentLeft, bufferEnd - bufferAt);
    bufferAt += buffered;
    position += buffered;
    contentLeft -= buffered;
    while (contentLeft > 0) {
      // The buffer is empty here. Skipping by reading notices the end of the stream.
      int got = source.read(buffer, 0, (int) Math.min(contentLeft, buffer.length));
      if (got < 0) {
        throw truncated();
      }
      position += got;
      contentLeft -= got;
    }
  }

  /** Makes at least so many bytes available; false when the stream ends before. */
  private boolean fill(int bytes) throws IOException {
    if (bufferEnd - bufferAt >= bytes) {
      return true;
    }
    System.arraycopy(buffer, bufferAt, buffer, 0, bufferEnd - bufferAt);
    bufferEnd -= bufferAt;
    bufferAt = 0;
    while (bufferEnd < bytes) {
      int got = source.read(buffer, bufferEnd, buffer.length - bufferEnd);
      if (got < 0) {
        return false;
      }
      bufferEnd += got;
    }
    return true;
  }

  private ByteBuffer take(int bytes) {
    ByteBuffer taken = ByteBuffer.wrap(buffer, bufferAt, bytes).order(LITTLE_ENDIAN);
    bufferAt += bytes;
    position += bytes;
    return taken;
  }

  private BackupException truncated() {
    return corrupt(
        position + (bufferEnd - bufferAt), "the archive ends within the content of an item");
  }

  BackupException corrupt(long at, String what) {
    return BackupException.corrupt(name + ", offset " + at + ": " + what)
        .with("archive", name)
        .with("offset", at);
  }
}
