package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pulls one entry after the other from an archive and checks it against the grammar of {@link
 * PxarFormat}: order of items, names, bodies that fit their modes, and each goodbye table's tail.
 * Memory is bounded by the depth of the tree. A damaged or hostile archive ends in one CORRUPT_DATA
 * that tells offset and path; what was returned before it was well-formed.
 */
public final class PxarReader {
  /** Deeper than any real tree; each level costs a restore an open directory. */
  public static final int DEPTH_MAX = 1000;

  private static final Bytes DOT = Bytes.of(".");
  private static final Bytes DOT_DOT = Bytes.of("..");

  private static final class Level {
    final Bytes name;
    final long position;
    long children;

    Level(Bytes name, long position) {
      this.name = name;
      this.position = position;
    }
  }

  private final PxarItemReader items;
  private final Deque<Level> levels = new ArrayDeque<>();
  private Bytes current = Bytes.EMPTY;
  private @Nullable PxarItem pending;
  private boolean started;

  /** The stream stays the caller's. */
  public PxarReader(InputStream archive) {
    items = new PxarItemReader(archive);
  }

  /** The next entry, or null after the root. The content of a file not read by now is skipped. */
  public @Nullable PxarEntry next() throws IOException {
    if (!started) {
      started = true;
      return node(Bytes.EMPTY, take(), 0);
    }
    Level directory = levels.peek();
    if (directory == null) {
      PxarItem extra = pending != null ? pending : items.next();
      if (extra != null) {
        throw corrupt(extra, "found more after the end of the root");
      }
      return null;
    }
    PxarItem item = take();
    if (item instanceof PxarItem.Goodbye goodbye) {
      current = Bytes.EMPTY;
      checkGoodbye(goodbye, directory);
      levels.pop();
      return new PxarEntry.DirectoryEnd();
    }
    if (!(item instanceof PxarItem.Filename filename)) {
      throw corrupt(item, "expected FILENAME or GOODBYE");
    }
    directory.children++;
    current = checkName(filename);
    PxarItem first = take();
    if (first instanceof PxarItem.HardLink link) {
      return hardLink(filename, link);
    }
    return node(filename.name(), first, filename.header().position());
  }

  /**
   * The content of the {@link PxarEntry.RegularFile} that {@link #next} returned last, to be read
   * before the next call. Ends with the file; closing it does nothing.
   */
  public InputStream content() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        return length == 0 ? 0 : items.readContent(target, offset, length);
      }
    };
  }

  /** Path of the last entry from the root of the archive, for messages. */
  public Bytes path() {
    Bytes path = Bytes.EMPTY;
    for (Iterator<Level> down = levels.descendingIterator(); down.hasNext(); ) {
      path = path.resolve(down.next().name);
    }
    return current.isEmpty() ? path : path.resolve(current);
  }

  private PxarEntry node(Bytes name, PxarItem first, long position) throws IOException {
    if (first instanceof PxarItem.FormatVersion version) {
      throw new BackupException(
              BackupException.Kind.UNSUPPORTED_VERSION,
              "pxar archive has format version "
                  + Long.toUnsignedString(version.version())
                  + ", expected version 1 (which has no version item)")
          .advise("Split archives (.mpxar, .ppxar) cannot be read yet.");
    }
    if (!(first instanceof PxarItem.Entry entry)) {
      throw corrupt(first, name.isEmpty() ? "expected ENTRY" : "expected ENTRY or HARDLINK");
    }
    PxarStat stat = entry.stat();
    MetadataItems gathered = new MetadataItems();
    PxarItem body = takeOrNull();
    while (body != null && gathered.add(body)) {
      body = takeOrNull();
    }
    PxarMetadata metadata = gathered.metadata();
    return switch (stat.type()) {
      case FileMode.DIRECTORY -> {
        pending = body;
        if (levels.size() >= DEPTH_MAX) {
          throw corrupt(entry, "directories are nested more than " + DEPTH_MAX + " deep");
        }
        levels.push(new Level(name, entry.header().position()));
        current = Bytes.EMPTY;
        yield new PxarEntry.Directory(name, stat, metadata);
      }
      case FileMode.REGULAR -> {
        if (!(body instanceof PxarItem.Payload payload)) {
          throw unfit(entry, body, "PAYLOAD");
        }
        yield new PxarEntry.RegularFile(
            name, stat, metadata, position, payload.header().contentBytes());
      }
      case FileMode.SYMLINK -> {
        if (!(body instanceof PxarItem.Symlink link)) {
          throw unfit(entry, body, "SYMLINK");
        }
        yield new PxarEntry.Symlink(name, stat, metadata, link.target());
      }
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE -> {
        if (!(body instanceof PxarItem.Device device)) {
          throw unfit(entry, body, "DEVICE");
        }
        yield new PxarEntry.Device(
            name, stat, metadata, number(device, device.major()), number(device, device.minor()));
      }
      case FileMode.FIFO -> {
        pending = body;
        yield new PxarEntry.Fifo(name, stat, metadata);
      }
      case FileMode.SOCKET -> {
        pending = body;
        yield new PxarEntry.Socket(name, stat, metadata);
      }
      default -> throw new AssertionError("PxarStat checks the type");
    };
  }

  private PxarEntry hardLink(PxarItem.Filename filename, PxarItem.HardLink link) {
    long position = filename.header().position();
    if (link.distance() <= 0 || link.distance() > position) {
      throw corrupt(
          link,
          "hard link leads back "
              + Long.toUnsignedString(link.distance())
              + " bytes, expected 1 to "
              + position);
    }
    return new PxarEntry.HardLink(filename.name(), position - link.distance(), link.path());
  }

  // The records before the tail help random access only; a stream is read without them.
  private void checkGoodbye(PxarItem.Goodbye goodbye, Level directory) throws IOException {
    PxarItem.Header at = goodbye.header();
    long expected = (directory.children + 1) * PxarFormat.GOODBYE_RECORD_BYTES;
    if (at.contentBytes() != expected) {
      throw corrupt(
          goodbye,
          "goodbye table of "
              + directory.children
              + " children has "
              + at.contentBytes()
              + " bytes, expected "
              + expected);
    }
    byte[] record = new byte[PxarFormat.GOODBYE_RECORD_BYTES];
    while (items.contentLeft() > 0) {
      int done = 0;
      while (done < record.length) {
        done += items.readContent(record, done, record.length - done);
      }
    }
    ByteBuffer tail = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
    if (tail.getLong() != PxarFormat.GOODBYE_TAIL_MARKER
        || tail.getLong() != at.position() - directory.position
        || tail.getLong() != at.bytes()) {
      throw corrupt(goodbye, "goodbye table does not end with the tail of its directory");
    }
  }

  private Bytes checkName(PxarItem.Filename item) {
    Bytes name = item.name();
    if (name.equals(DOT) || name.equals(DOT_DOT) || name.contains((byte) '/')) {
      throw corrupt(item, "file name '" + name + "' is not allowed");
    }
    return name;
  }

  private int number(PxarItem item, long value) {
    if (Long.compareUnsigned(value, 0xffffffffL) > 0) {
      throw corrupt(item, "device number " + Long.toUnsignedString(value) + " is above 2^32-1");
    }
    return (int) value;
  }

  private PxarItem take() throws IOException {
    PxarItem item = takeOrNull();
    if (item == null) {
      throw PxarItemReader.corrupt(
          items.position(), "the archive ends within '" + shown() + "', before its last item");
    }
    return item;
  }

  private @Nullable PxarItem takeOrNull() throws IOException {
    PxarItem item = pending;
    if (item != null) {
      pending = null;
      return item;
    }
    return items.next();
  }

  private BackupException unfit(PxarItem entry, @Nullable PxarItem body, String expected) {
    return corrupt(body == null ? entry : body, "expected " + expected + " as the mode says");
  }

  private BackupException corrupt(PxarItem item, String what) {
    return PxarItemReader.corrupt(
            item.header().position(),
            item.getClass().getSimpleName() + " in '" + shown() + "': " + what)
        .with("path", shown());
  }

  private String shown() {
    Bytes path = path();
    return path.isEmpty() ? "." : path.toString();
  }
}
