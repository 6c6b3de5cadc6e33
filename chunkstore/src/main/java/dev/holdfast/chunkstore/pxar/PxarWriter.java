package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes an archive as a stream (grammar: {@link PxarFormat}), or a split one as two. The root
 * directory comes first, each directory is ended after its last child, {@link #finish} comes last.
 * Children are written in the order in which they are given: sorted bytewise by name, as others
 * expect. Keeps one goodbye table per open directory and nothing else.
 */
public final class PxarWriter {
  private static final int PERMISSIONS_UNSET = -1;

  private record Level(Bytes name, long filenamePosition, long entryPosition, GoodbyeTable table) {}

  /**
   * A regular file that was written.
   *
   * @param position of its FILENAME header
   * @param payloadPosition of its PAYLOAD header, in the payload stream of a split archive
   * @param copied bytes that came from the content; fewer than its size when the file shrank
   */
  public record Written(long position, long payloadPosition, long copied) {}

  private final ItemOutput out;
  private final @Nullable PayloadSink payloadSink;
  private final @Nullable PayloadOutput payload;
  private final Bytes prelude;
  private final Deque<Level> levels = new ArrayDeque<>();
  private boolean rootWritten;

  /** The sink stays the caller's; it gets blocks of up to 256 KiB and is never flushed. */
  public PxarWriter(OutputStream sink) {
    this.out = new ItemOutput(sink::write);
    this.payloadSink = null;
    this.payload = null;
    this.prelude = Bytes.EMPTY;
  }

  /**
   * Writes a split archive. The sinks stay the caller's.
   *
   * @param prelude goes before the root; empty for none
   */
  public PxarWriter(OutputStream metadata, PayloadSink payload, Bytes prelude) {
    this.out = new ItemOutput(metadata::write);
    this.payloadSink = payload;
    this.payload = new PayloadOutput(payload);
    this.prelude = prelude;
  }

  /**
   * Where the next byte will stand: the FILENAME header of an entry that is about to be written.
   */
  public long position() {
    return out.position();
  }

  public void startRoot(PxarStat stat, PxarMetadata metadata) throws IOException {
    if (rootWritten) {
      throw new IllegalStateException("the root is there already");
    }
    rootWritten = true;
    if (payload != null) {
      payload.header(PxarFormat.PAYLOAD_START_MARKER, 0);
      out.header(PxarFormat.FORMAT_VERSION, PxarFormat.FORMAT_VERSION_BYTES);
      out.number(PxarFormat.VERSION_SPLIT);
      if (!prelude.isEmpty()) {
        out.header(PxarFormat.PRELUDE, prelude.length());
        out.raw(prelude.toArray());
      }
    }
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
    out.header(PxarFormat.GOODBYE, content.length);
    out.raw(content);
    Level parent = levels.peek();
    if (parent != null) {
      parent.table.add(level.name, level.filenamePosition, position() - level.filenamePosition);
    }
  }

  /**
   * Writes a regular file of exactly {@code size} bytes: what the content has more is left, what it
   * lacks becomes zeros, because the size is in the stream already.
   */
  public Written file(
      Bytes name, PxarStat stat, PxarMetadata metadata, long size, InputStream content)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    if (payload == null || payloadSink == null) {
      long payloadPosition = position();
      out.contentHeader(PxarFormat.PAYLOAD, size);
      long copied = out.copy(content, size);
      child(name, position, 0);
      return new Written(position, payloadPosition, copied);
    }
    long payloadPosition = payload.position();
    payloadSink.fileBegins(payloadPosition);
    payload.header(PxarFormat.PAYLOAD, size);
    long copied = payload.copy(content, size);
    reference(payloadPosition, size);
    child(name, position, size); // others count the content in, although it is elsewhere
    return new Written(position, payloadPosition, copied);
  }

  /**
   * Writes a regular file of a split archive whose content is in the payload stream already.
   *
   * @param payloadPosition of the PAYLOAD header, behind those of all files before
   */
  public Written reused(
      Bytes name, PxarStat stat, PxarMetadata metadata, long size, long payloadPosition)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    reference(payloadPosition, size);
    child(name, position, 0);
    return new Written(position, payloadPosition, size);
  }

  /**
   * Puts a chunk of an earlier backup into the payload stream of a split archive.
   *
   * @return where it begins there
   */
  public long reuse(Digest digest, int bytes) throws IOException {
    if (payload == null || payloadSink == null) {
      throw new IllegalStateException("an archive in one stream takes no chunks over");
    }
    payload.flush();
    long position = payload.position();
    payloadSink.reuse(digest, bytes);
    payload.skipped(bytes);
    return position;
  }

  public void symlink(Bytes name, PxarStat stat, PxarMetadata metadata, Bytes target)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    text(PxarFormat.SYMLINK, "link target", target);
    child(name, position, 0);
  }

  /** A further name of the file whose FILENAME header is at {@code targetPosition}. */
  public void hardLink(Bytes name, long targetPosition, Bytes path) throws IOException {
    checkText("hard link path", path);
    long position = filename(name);
    out.header(PxarFormat.HARDLINK, Long.BYTES + path.length() + 1L);
    out.number(position - targetPosition).terminated(path);
    child(name, position, 0);
  }

  /** A block or character device, as the mode in {@code stat} says. */
  public void device(Bytes name, PxarStat stat, PxarMetadata metadata, int major, int minor)
      throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    out.header(PxarFormat.DEVICE, PxarFormat.DEVICE_BYTES);
    out.number(Integer.toUnsignedLong(major)).number(Integer.toUnsignedLong(minor));
    child(name, position, 0);
  }

  /** A fifo or socket, as the mode in {@code stat} says: an entry without a body. */
  public void special(Bytes name, PxarStat stat, PxarMetadata metadata) throws IOException {
    long position = filename(name);
    entry(stat, metadata);
    child(name, position, 0);
  }

  /** Hands the last blocks to the sinks. All directories must have ended. */
  public void finish() throws IOException {
    if (!rootWritten || !levels.isEmpty()) {
      throw new IllegalStateException("the archive has " + levels.size() + " open directories");
    }
    out.flush();
    if (payload != null) {
      payload.header(PxarFormat.PAYLOAD_TAIL_MARKER, 0);
      payload.flush();
    }
  }

  private void reference(long payloadPosition, long size) throws IOException {
    out.header(PxarFormat.PAYLOAD_REF, PxarFormat.PAYLOAD_REFERENCE_BYTES);
    out.number(payloadPosition).number(size);
  }

  /**
   * @param elsewhere bytes that count as the child's and are not in this stream
   */
  private void child(Bytes name, long position, long elsewhere) {
    Level level = levels.peek();
    if (level == null) {
      throw new IllegalStateException("no directory is open");
    }
    level.table.add(name, position, position() - position + elsewhere);
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
    out.header(PxarFormat.ENTRY, PxarFormat.ENTRY_BYTES);
    out.number(stat.mode())
        .number(stat.flags())
        .small(stat.uid())
        .small(stat.gid())
        .number(stat.modifySeconds())
        .small(stat.modifyNanos())
        .small(0);
    for (Xattr xattr : metadata.xattrs()) {
      int length = xattr.name().length() + 1 + xattr.value().length();
      checkXattr(xattr.name(), length);
      out.header(PxarFormat.XATTR, length);
      out.terminated(xattr.name());
      out.put(xattr.value());
    }
    acl(metadata.acl());
    Bytes capabilities = metadata.capabilities();
    if (capabilities != null) {
      checkXattr(Bytes.of("security.capability"), capabilities.length());
      out.header(PxarFormat.FCAPS, capabilities.length());
      out.put(capabilities);
    }
    Long project = metadata.quotaProject();
    if (project != null) {
      out.header(PxarFormat.QUOTA_PROJID, PxarFormat.QUOTA_PROJID_BYTES);
      out.number(project);
    }
  }

  private void acl(PxarAcl acl) throws IOException {
    named(PxarFormat.ACL_USER, acl.users());
    named(PxarFormat.ACL_GROUP, acl.groups());
    Integer groupObject = acl.groupObject();
    if (groupObject != null) {
      out.header(PxarFormat.ACL_GROUP_OBJ, PxarFormat.ACL_OBJECT_BYTES);
      out.number(groupObject);
    }
    PxarAcl.Defaults defaults = acl.defaults();
    if (defaults != null) {
      out.header(PxarFormat.ACL_DEFAULT, PxarFormat.ACL_DEFAULT_BYTES);
      for (Integer permissions :
          Arrays.asList(defaults.user(), defaults.group(), defaults.other(), defaults.mask())) {
        out.number(permissions == null ? PERMISSIONS_UNSET : permissions);
      }
    }
    named(PxarFormat.ACL_DEFAULT_USER, acl.defaultUsers());
    named(PxarFormat.ACL_DEFAULT_GROUP, acl.defaultGroups());
  }

  private void named(long type, List<PxarAcl.Named> entries) throws IOException {
    for (PxarAcl.Named entry : entries) {
      out.header(type, PxarFormat.ACL_NAMED_BYTES);
      out.number(Integer.toUnsignedLong(entry.id())).number(entry.permissions());
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
    out.header(type, text.length() + 1L);
    out.terminated(text);
  }
}
