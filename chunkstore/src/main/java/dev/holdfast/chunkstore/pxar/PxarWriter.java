package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Writes an archive as a stream (grammar: {@link PxarFormat}). The root directory comes first, each
 * directory is ended after its last child, {@link #finish} comes last. Children are written in the
 * order in which they are given: sorted bytewise by name, as others expect. Keeps one goodbye table
 * per open directory and nothing else.
 */
public final class PxarWriter {
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final int PERMISSIONS_UNSET = -1;

  /** Room for any item but a payload and a goodbye table. */
  private static final int ITEM_BYTES_MAX = PxarFormat.HEADER_BYTES + PxarFormat.XATTR_BYTES_MAX;

  private record Level(Bytes name, long filenamePosition, long entryPosition, GoodbyeTable table) {}

  private final OutputStream sink;
  private final byte[] bytes = new byte[BUFFER_BYTES];
  private final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  private final Deque<Level> levels = new ArrayDeque<>();
  private long flushed;
  private boolean rootWritten;

  /** The sink stays the caller's; it gets blocks of up to 256 KiB and is never flushed. */
  public PxarWriter(OutputStream sink) {
    this.sink = sink;
  }

  /**
   * Where the next byte will stand: the FILENAME header of an entry that is about to be written.
   */
  public long position() {
    return flushed + buffer.position();
  }

  public void startRoot(PxarStat stat, PxarMetadata metadata) throws IOException {
    if (rootWritten) {
      throw new IllegalStateException("the root is there already");
    }
    rootWritten = true;
    entry(stat, metadata);
    levels.push(new Level(Bytes.EMPTY, 0, 0, new GoodbyeTable()));
  }

  public void startDirectory(Bytes name, PxarStat stat, PxarMetadata metadata) throws IOException {
    long position = filename(name);
    long entryPosition = position();
    entry(stat, metadata);
    levels.push(new Level(name, position, entryPosition, new GoodbyeTable()));
  }

  public void endDirectory() throws IOException {
    Level level = levels.pop();
    long position = position();
    byte[] content = level.table.encode(position, level.entryPosition);
    header(PxarFormat.GOODBYE, content.length);
    raw(content);
    Level parent = levels.peek();
    if (parent != null) {
      parent.table.add(level.name, level.filenamePosition, position() - level.filenamePosition);
    }
  }

  /**
   * Writes a regular file of exactly {@code size} bytes: what the content has more is left, what it
   * lacks becomes zeros, because the size is in the stream already.
   *
   * @return bytes that came from the content; less than {@code size} when the file shrank
   */
  public long file(Bytes name, PxarStat stat, PxarMetadata metadata, long size, InputStream content)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    header(PxarFormat.PAYLOAD, size);
    long copied = 0;
    while (copied < size) {
      room(1);
      int part = (int) Math.min(size - copied, buffer.remaining());
      int got = content.read(bytes, buffer.position(), part);
      if (got < 0) {
        break;
      }
      buffer.position(buffer.position() + got);
      copied += got;
    }
    zeros(size - copied);
    child(name, position);
    return copied;
  }

  public void symlink(Bytes name, PxarStat stat, PxarMetadata metadata, Bytes target)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    text(PxarFormat.SYMLINK, "link target", target);
    child(name, position);
  }

  /** A further name of the file whose FILENAME header is at {@code targetPosition}. */
  public void hardLink(Bytes name, long targetPosition, Bytes path) throws IOException {
    checkText("hard link path", path);
    long position = filename(name);
    header(PxarFormat.HARDLINK, Long.BYTES + path.length() + 1L);
    buffer.putLong(position - targetPosition);
    terminated(path);
    child(name, position);
  }

  /** A block or character device, as the mode in {@code stat} says. */
  public void device(Bytes name, PxarStat stat, PxarMetadata metadata, int major, int minor)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    header(PxarFormat.DEVICE, PxarFormat.DEVICE_BYTES);
    buffer.putLong(Integer.toUnsignedLong(major)).putLong(Integer.toUnsignedLong(minor));
    child(name, position);
  }

  /** A fifo or socket, as the mode in {@code stat} says: an entry without a body. */
  public void special(Bytes name, PxarStat stat, PxarMetadata metadata) throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    child(name, position);
  }

  /** Hands the last block to the sink. All directories must have ended. */
  public void finish() throws IOException {
    if (!rootWritten || !levels.isEmpty()) {
      throw new IllegalStateException("the archive has " + levels.size() + " open directories");
    }
    flush();
  }

  private void child(Bytes name, long position) {
    Level level = levels.peek();
    if (level == null) {
      throw new IllegalStateException("no directory is open");
    }
    level.table.add(name, position, position() - position);
  }

  private long filename(Bytes name) throws IOException {
    if (levels.isEmpty()) {
      throw new IllegalStateException("no directory is open");
    }
    if (name.contains((byte) '/')) {
      throw BackupException.invalid("file name '" + name + "' has a slash");
    }
    long position = position();
    text(PxarFormat.FILENAME, "file name", name);
    return position;
  }

  private void entry(PxarStat stat, PxarMetadata metadata) throws IOException {
    header(PxarFormat.ENTRY, PxarFormat.ENTRY_BYTES);
    buffer
        .putLong(stat.mode())
        .putLong(stat.flags())
        .putInt(stat.uid())
        .putInt(stat.gid())
        .putLong(stat.modifySeconds())
        .putInt(stat.modifyNanos())
        .putInt(0);
    for (Xattr xattr : metadata.xattrs()) {
      int length = xattr.name().length() + 1 + xattr.value().length();
      checkXattr(xattr.name(), length);
      header(PxarFormat.XATTR, length);
      terminated(xattr.name());
      put(xattr.value());
    }
    acl(metadata.acl());
    Bytes capabilities = metadata.capabilities();
    if (capabilities != null) {
      checkXattr(Bytes.of("security.capability"), capabilities.length());
      header(PxarFormat.FCAPS, capabilities.length());
      put(capabilities);
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
      for (Integer permissions :
          Arrays.asList(defaults.user(), defaults.group(), defaults.other(), defaults.mask())) {
        buffer.putLong(permissions == null ? PERMISSIONS_UNSET : permissions);
      }
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

  private static void checkXattr(Bytes name, int length) {
    if (length > PxarFormat.XATTR_BYTES_MAX) {
      throw BackupException.invalid(
          "extended attribute '"
              + name
              + "' has "
              + length
              + " bytes, expected at most "
              + PxarFormat.XATTR_BYTES_MAX);
    }
  }

  private static void checkText(String what, Bytes text) {
    if (text.isEmpty() || text.length() > PxarFormat.PATH_BYTES_MAX || text.contains((byte) 0)) {
      throw BackupException.invalid(
          what
              + " '"
              + text
              + "' has "
              + text.length()
              + " bytes, expected 1 to "
              + PxarFormat.PATH_BYTES_MAX
              + " and no NUL");
    }
  }

  private void text(long type, String what, Bytes text) throws IOException {
    checkText(what, text);
    header(type, text.length() + 1L);
    terminated(text);
  }

  // Makes room for the item as well, so that what follows a header fits without another check.
  private void header(long type, long contentBytes) throws IOException {
    room(ITEM_BYTES_MAX);
    buffer.putLong(type).putLong(PxarFormat.HEADER_BYTES + contentBytes);
  }

  private void terminated(Bytes text) {
    put(text);
    buffer.put((byte) 0);
  }

  private void put(Bytes value) {
    value.copyTo(bytes, buffer.position());
    buffer.position(buffer.position() + value.length());
  }

  private void raw(byte[] content) throws IOException {
    if (content.length <= buffer.remaining()) {
      buffer.put(content);
    } else {
      flush();
      sink.write(content);
      flushed += content.length;
    }
  }

  private void zeros(long count) throws IOException {
    long left = count;
    while (left > 0) {
      room(1);
      int part = (int) Math.min(left, buffer.remaining());
      Arrays.fill(bytes, buffer.position(), buffer.position() + part, (byte) 0);
      buffer.position(buffer.position() + part);
      left -= part;
    }
  }

  private void room(int wanted) throws IOException {
    if (buffer.remaining() < wanted) {
      flush();
    }
  }

  private void flush() throws IOException {
    sink.write(bytes, 0, buffer.position());
    flushed += buffer.position();
    buffer.clear();
  }
}
