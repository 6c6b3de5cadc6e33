package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
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
 * that tells archive, offset and path; what was returned before it was well-formed.
 *
 * <p>Of a split archive the payload stream is read beside it, forwards only.
 */
public final class PxarReader implements EntrySource {
  /** Deeper than any real tree; each level costs a restore an open directory. */
  public static final int DEPTH_MAX = 1000;

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
  private final EntryItems entries;
  private final @Nullable PayloadStream payload;
  private final Deque<Level> levels = new ArrayDeque<>();
  private Bytes current = Bytes.EMPTY;
  private boolean started;

  /** The stream stays the caller's. Of a split archive there are no contents. */
  public PxarReader(InputStream archive) {
    this(archive, "pxar archive", null);
  }

  /**
   * @param name of the archive, for errors
   */
  public PxarReader(InputStream archive, String name) {
    this(archive, name, null);
  }

  /**
   * A split archive.
   *
   * @param payload null when contents are not wanted, or for an archive of version 1
   */
  public PxarReader(InputStream metadata, String name, @Nullable PayloadStream payload) {
    this.items = new PxarItemReader(metadata, name);
    this.entries = new EntryItems(items, false, this::path);
    this.payload = payload;
  }

  /** The next entry, or null after the root. The content of a file not read by now is skipped. */
  @Override
  public @Nullable PxarEntry next() throws IOException {
    if (!started) {
      started = true;
      return opened(entries.root());
    }
    Level directory = levels.peek();
    if (directory == null) {
      PxarItem extra = entries.takeOrNull();
      if (extra != null) {
        throw entries.corrupt(extra, "found more after the end of the root");
      }
      return null;
    }
    PxarItem item = entries.take();
    if (item instanceof PxarItem.Goodbye goodbye) {
      current = Bytes.EMPTY;
      checkGoodbye(goodbye, directory);
      levels.pop();
      return new PxarEntry.DirectoryEnd();
    }
    if (!(item instanceof PxarItem.Filename filename)) {
      throw entries.corrupt(item, "expected FILENAME or GOODBYE");
    }
    directory.children++;
    current = filename.name();
    entries.checkName(filename);
    return opened(entries.child(filename));
  }

  private PxarEntry opened(PxarEntry entry) {
    if (entry instanceof PxarEntry.Directory directory) {
      if (levels.size() >= DEPTH_MAX) {
        throw items
            .corrupt(
                entries.entryPosition(), "directories are nested more than " + DEPTH_MAX + " deep")
            .with("path", path());
      }
      // The root counts from the very start, with version and prelude.
      long position = levels.isEmpty() ? 0 : entries.entryPosition();
      levels.push(new Level(directory.name(), position));
      current = Bytes.EMPTY;
    } else if (entry instanceof PxarEntry.RegularFile file && payload != null && isSplit()) {
      payload.select(file, path());
    }
    return entry;
  }

  @Override
  public String name() {
    return items.name();
  }

  /** Whether it is split; known after the first entry. */
  public boolean isSplit() {
    return entries.isSplit();
  }

  /** What a split archive has before its root; empty for nothing. Known after the first entry. */
  public Bytes prelude() {
    return entries.prelude();
  }

  @Override
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
        return length == 0 ? 0 : readContent(target, offset, length);
      }
    };
  }

  private int readContent(byte[] target, int offset, int length) throws IOException {
    if (!isSplit()) {
      return items.readContent(target, offset, length);
    }
    if (payload == null) {
      throw new IllegalStateException("a split archive was opened without its payload");
    }
    return payload.read(target, offset, length);
  }

  /** Path of the last entry from the root of the archive, for messages. */
  public Bytes path() {
    Bytes path = Bytes.EMPTY;
    for (Iterator<Level> down = levels.descendingIterator(); down.hasNext(); ) {
      path = path.resolve(down.next().name);
    }
    return current.isEmpty() ? path : path.resolve(current);
  }

  // The records before the tail help random access only; a stream is read without them.
  private void checkGoodbye(PxarItem.Goodbye goodbye, Level directory) throws IOException {
    PxarItem.Header at = goodbye.header();
    long expected = (directory.children + 1) * PxarFormat.GOODBYE_RECORD_BYTES;
    if (at.contentBytes() != expected) {
      throw entries.corrupt(
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
      throw entries.corrupt(goodbye, "goodbye table does not end with the tail of its directory");
    }
  }
}
