package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes an archive of version 1 as a stream ({@link PxarFormat}). Memory is bounded by the lookup
 * tables of the directories that are open. Children are to come sorted bytewise by name.
 */
public final class PxarWriter {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final byte[] ZEROS = new byte[BUFFER_BYTES];

  /** Where a file's content comes from: as {@link java.io.InputStream#read(byte[], int, int)}. */
  public interface Content {
    int read(byte[] target, int offset, int length) throws IOException;
  }

  private record OpenDirectory(Bytes name, long start, long entry, GoodbyeTable table) {}

  private final OutputStream sink;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final byte[] transfer = new byte[256 * 1024];
  private final Deque<OpenDirectory> open = new ArrayDeque<>();
  private long flushed;

  /** The stream stays the caller's; it is complete after {@link #endDirectory} of the root. */
  public PxarWriter(OutputStream sink) {
    this.sink = sink;
  }

  /** Where the next byte goes. */
  public long position() {
    return flushed + buffer.position();
  }

  public void beginRoot(PxarStat stat, PxarMetadata metadata) throws IOException {
    entry(stat, metadata);
    open.push(new OpenDirectory(Bytes.EMPTY, 0, 0, new GoodbyeTable()));
  }

  public void beginDirectory(Bytes name, PxarStat stat, PxarMetadata metadata) throws IOException {
    long start = filename(name);
    long entry = position();
    entry(stat, metadata);
    open.push(new OpenDirectory(name, start, entry, new GoodbyeTable()));
  }

  public void endDirectory() throws IOException {
    OpenDirectory directory = open.pop();
    long position = position();
    byte[] table = directory.table.encode(position, directory.entry);
    header(PxarFormat.GOODBYE, table.length);
    bytes(table, 0, table.length);
    OpenDirectory parent = open.peek();
    if (parent == null) {
      flush();
    } else {
      parent.table.add(directory.name, directory.start, position() - directory.start);
    }
  }

  /**
   * A regular file. Content beyond {@code bytes} is not read; what is missing is zeros, so that a
   * file that shrinks meanwhile does not break the archive.
   *
   * @return where it stands, for its further hard links
   */
  public File file(Bytes name, PxarStat stat, PxarMetadata metadata, long bytes, Content content)
      throws IOException {
    long start = filename(name);
    entry(stat, metadata);
    header(PxarFormat.PAYLOAD, bytes);
    flush();
    long left = bytes;
    while (left > 0) {
      int got = content.read(transfer, 0, (int) Math.min(left, transfer.length));
      if (got < 0) {
        break;
      }
      sink.write(transfer, 0, got);
      flushed += got;
      left -= got;
    }
    long padded = left;
    while (left > 0) {
      int zeros = (int) Math.min(left, ZEROS.length);
      sink.write(ZEROS, 0, zeros);
      flushed += zeros;
      left -= zeros;
    }
    child(name, start);
    return new File(start, padded);
  }

  /**
   * A file that was written.
   *
   * @param position of its FILENAME header
   * @param paddedBytes zeros in place of content that was not there
   */
  public record File(long position, long paddedBytes) {}

  public void symlink(Bytes name, PxarStat stat, PxarMetadata metadata, Bytes target)
      throws IOException {
    long start = filename(name);
    entry(stat, metadata);
    text(PxarFormat.SYMLINK, target);
    child(name, start);
  }

  public void device(Bytes name, PxarStat stat, PxarMetadata metadata, int major, int minor)
      throws IOException {
    long start = filename(name);
    entry(stat, metadata);
    header(PxarFormat.DEVICE, PxarFormat.DEVICE_BYTES);
    buffer.putLong(Integer.toUnsignedLong(major)).putLong(Integer.toUnsignedLong(minor));
    child(name, start);
  }

  /** A fifo or socket, as the mode says. */
  public void special(Bytes name, PxarStat stat, PxarMetadata metadata) throws IOException {
    long start = filename(name);
    entry(stat, metadata);
    child(name, start);
  }

  /**
   * A further name of a file.
   *
   * @param path of the first name, from the root of the archive, without a leading slash
   */
  public void hardLink(Bytes name, long firstPosition, Bytes path) throws IOException {
    long start = filename(name);
    header(PxarFormat.HARDLINK, Long.BYTES + path.length() + 1L);
    buffer.putLong(start - firstPosition);
    terminated(path);
    child(name, start);
  }

  private void child(Bytes name, long start) {
    open.element().table.add(name, start, position() - start);
  }

  private long filename(Bytes name) throws IOException {
    long start = position();
    text(PxarFormat.FILENAME, name);
    return start;
  }

  private void text(long type, Bytes text) throws IOException {
    if (text.length() > PxarFormat.PATH_BYTES_MAX) {
      throw BackupException.invalid(
          "'" + text + "' is longer than " + PxarFormat.PATH_BYTES_MAX + " bytes");
    }
    header(type, text.length() + 1L);
    terminated(text);
  }

  private void terminated(Bytes text) throws IOException {
    byte[] value = text.toArray();
    bytes(value, 0, value.length);
    room(1);
    buffer.put((byte) 0);
  }

  private void entry(PxarStat stat, PxarMetadata metadata) throws IOException {
    header(PxarFormat.ENTRY, PxarFormat.ENTRY_BYTES);
    buffer.putLong(stat.mode()).putLong(stat.flags()).putInt(stat.uid()).putInt(stat.gid());
    buffer.putLong(stat.modifySeconds()).putInt(stat.modifyNanos()).putInt(0);
    for (Xattr xattr : metadata.xattrs()) {
      header(PxarFormat.XATTR, xattr.name().length() + 1L + xattr.value().length());
      terminated(xattr.name());
      byte[] value = xattr.value().toArray();
      bytes(value, 0, value.length);
    }
    acl(metadata.acl());
    Bytes capabilities = metadata.capabilities();
    if (capabilities != null) {
      header(PxarFormat.FCAPS, capabilities.length());
      bytes(capabilities.toArray(), 0, capabilities.length());
    }
    Long project = metadata.quotaProject();
    if (project != null) {
      header(PxarFormat.QUOTA_PROJID, PxarFormat.QUOTA_PROJID_BYTES);
      buffer.putLong(project);
    }
  }

  private void acl(PxarAcl acl) throws IOException {
    named(PxarFormat.ACL_USER, acl.users());
    named(PxarFormat.ACL_GROUP, acl.groups());
    Integer groupObject = acl.groupObject();
    if (groupObject != null) {
      header(PxarFormat.ACL_GROUP_OBJ, PxarFormat.ACL_OBJECT_BYTES);
      buffer.putLong(groupObject);
    }
    PxarAcl.Defaults defaults = acl.defaults();
    if (defaults != null) {
      header(PxarFormat.ACL_DEFAULT, PxarFormat.ACL_DEFAULT_BYTES);
      buffer.putLong(orUnset(defaults.user())).putLong(orUnset(defaults.group()));
      buffer.putLong(orUnset(defaults.other())).putLong(orUnset(defaults.mask()));
    }
    named(PxarFormat.ACL_DEFAULT_USER, acl.defaultUsers());
    named(PxarFormat.ACL_DEFAULT_GROUP, acl.defaultGroups());
  }

  private void named(long type, List<PxarAcl.Named> entries) throws IOException {
    for (PxarAcl.Named entry : entries) {
      header(type, PxarFormat.ACL_NAMED_BYTES);
      buffer.putLong(Integer.toUnsignedLong(entry.id())).putLong(entry.permissions());
    }
  }

  private static long orUnset(@Nullable Integer permissions) {
    return permissions == null ? -1 : permissions;
  }

  // Leaves room for the fixed-size content that may follow at once.
  private void header(long type, long contentBytes) throws IOException {
    room(PxarFormat.HEADER_BYTES + PxarFormat.ENTRY_BYTES);
    buffer.putLong(type).putLong(PxarFormat.HEADER_BYTES + contentBytes);
  }

  private void bytes(byte[] source, int offset, int length) throws IOException {
    if (length > buffer.remaining()) {
      flush();
    }
    if (length > buffer.remaining()) {
      sink.write(source, offset, length);
      flushed += length;
    } else {
      buffer.put(source, offset, length);
    }
  }

  private void room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
  }

  private void flush() throws IOException {
    sink.write(buffer.array(), 0, buffer.position());
    flushed += buffer.position();
    buffer.clear();
  }
}
