package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ReadAhead;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds single entries of an archive through its goodbye tables, and reads files in parts: a
 * look-up costs a handful of small reads per level, whatever the size of the archive
 * (spec/formats.md §6.5).
 *
 * <pre>
 *   PxarAccessor archive = PxarAccessor.open(metadata, "root.mpxar.didx", payload);
 *   PxarNode file = archive.find(Bytes.of("etc/hosts"));
 *   ByteSource content = archive.content(archive.first(file));
 * </pre>
 *
 * Every position is checked to lie within its directory, so that a hostile table leads to an error
 * and never in circles. Safe for several threads when its sources are. Damage is CORRUPT_DATA with
 * archive, offset and path.
 */
public final class PxarAccessor {
  /** Children of one directory that {@link #list} takes: 8 bytes each while it runs. */
  public static final int CHILDREN_MAX = 1 << 24;

  /** Name, stat and body of most entries; what is longer costs a second read. */
  private static final int ENTRY_READ_BYTES = 512;

  /** Of a directory that is listed: each may be in a chunk of its own, behind a large file. */
  private static final int CHILDREN_EXPECTED = 16;

  private final ByteSource archive;
  private final String name;
  private final @Nullable ByteSource payload;
  private final boolean split;
  private final Bytes prelude;
  private final PxarNode root;

  private PxarAccessor(ByteSource archive, String name, @Nullable ByteSource payload)
      throws IOException {
    this.archive = archive;
    this.name = name;
    this.payload = payload;
    PxarItemReader items = new PxarItemReader(archive.stream(0), name, 0, ENTRY_READ_BYTES);
    EntryItems entries = new EntryItems(items, false, () -> Bytes.EMPTY);
    PxarEntry.Node entry = entries.root();
    this.split = entries.isSplit();
    this.prelude = entries.prelude();
    long end = entry instanceof PxarEntry.Directory ? archive.bytes() : 0;
    this.root = new PxarNode(entry, Bytes.EMPTY, 0, entries.entryPosition(), end);
  }

  /**
   * Opens an archive in one stream, or the metadata of a split one.
   *
   * @param name of the archive, for errors
   */
  public static PxarAccessor open(ByteSource archive, String name) throws IOException {
    return new PxarAccessor(archive, name, null);
  }

  /**
   * Opens a split archive. The sources stay the caller's and must outlive the accessor.
   *
   * @param payload null when no contents are wanted
   */
  public static PxarAccessor open(ByteSource metadata, String name, @Nullable ByteSource payload)
      throws IOException {
    return new PxarAccessor(metadata, name, payload);
  }

  public PxarNode root() {
    return root;
  }

  public boolean isSplit() {
    return split;
  }

  /** What a split archive has before its root; empty for nothing. */
  public Bytes prelude() {
    return prelude;
  }

  /**
   * Looks a path up, component by component and through no link.
   *
   * @param path from the root; empty components do not count, so that a slash in front is allowed
   * @return null when there is none
   */
  public @Nullable PxarNode find(Bytes path) throws IOException {
    PxarNode at = root;
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.at(i) == '/') {
        if (i > start) {
          PxarNode child = at.isDirectory() ? child(at, path.slice(start, i)) : null;
          if (child == null) {
            return null;
          }
          at = child;
        }
        start = i + 1;
      }
    }
    return at;
  }

  /** The child of this name, or null. */
  public @Nullable PxarNode child(PxarNode directory, Bytes childName) throws IOException {
    Table table = table(directory);
    return search(table, childName, SipHash24.hash(childName), 0);
  }

  // Equal hashes may stand on both sides of each other, so a wrong name is no end of the search.
  private @Nullable PxarNode search(Table table, Bytes childName, long hash, int from)
      throws IOException {
    int at = from;
    while (at < table.children) {
      ByteBuffer record = record(table, at);
      int order = Long.compareUnsigned(hash, record.getLong());
      int left = 2 * at + 1;
      if (order == 0) {
        PxarNode found = child(table, record.getLong(), record.getLong());
        if (found.name().equals(childName)) {
          return found;
        }
        found = search(table, childName, hash, left);
        if (found != null) {
          return found;
        }
      }
      at = order < 0 ? left : left + 1;
    }
    return null;
  }

  /** Takes the children of a directory. */
  @FunctionalInterface
  public interface ChildSink {
    void child(PxarNode node) throws IOException;
  }

  /** Gives all children in the order of the archive, which is by name. */
  public void list(PxarNode directory, ChildSink sink) throws IOException {
    Table table = table(directory);
    archive.expect(table.position, (long) table.children * PxarFormat.GOODBYE_RECORD_BYTES);
    long[] positions = new long[table.children];
    for (int i = 0; i < table.children; i++) {
      positions[i] = table.position - record(table, i).getLong(Long.BYTES);
    }
    Arrays.sort(positions);
    for (int i = 0; i < positions.length; i++) {
      if (i > 0 && positions[i] == positions[i - 1]) {
        throw error(positions[i], directory.path(), "two records of a table lead to one child");
      }
      expectChildren(positions, i);
      PxarNode node = parse(table, positions[i]);
      if (node.isDirectory()) { // only its record knows where it ends
        PxarNode found = search(table, node.name(), SipHash24.hash(node.name()), 0);
        if (found == null) {
          throw error(positions[i], node.path(), "the table does not find '" + node.path() + "'");
        }
        node = found;
      }
      sink.child(node);
    }
  }

  /** One more at each step, and the first ones at the first. */
  private void expectChildren(long[] positions, int at) {
    int end = Math.min(positions.length, at + CHILDREN_EXPECTED);
    for (int i = at == 0 ? 0 : end - 1; i < end; i++) {
      archive.expect(Math.max(0, positions[i]), ENTRY_READ_BYTES);
    }
  }

  /** As {@link #list(PxarNode, ChildSink)}, in memory. */
  public List<PxarNode> list(PxarNode directory) throws IOException {
    List<PxarNode> children = new ArrayList<>();
    list(directory, children::add);
    return children;
  }

  /** What a hard link is another name of; any other node itself. */
  public PxarNode first(PxarNode node) throws IOException {
    if (!(node.entry() instanceof PxarEntry.HardLink link)) {
      return node;
    }
    PxarNode first = parse(link.targetPosition(), Bytes.EMPTY, archive.bytes());
    if (!(first.entry() instanceof PxarEntry.RegularFile)) {
      throw error(
          link.targetPosition(),
          node.path(),
          "hard link '" + node.path() + "' does not lead to a regular file");
    }
    return new PxarNode(
        first.entry(), link.path(), first.position(), first.entryPosition(), first.end());
  }

  /**
   * The content of a regular file.
   *
   * @param file whose entry is a {@link PxarEntry.RegularFile}; of a hard link, its {@link #first}
   */
  public ByteSource content(PxarNode file) throws IOException {
    if (!(file.entry() instanceof PxarEntry.RegularFile regular)) {
      throw BackupException.invalid("'" + file.path() + "' is no regular file");
    }
    ByteSource stream = split ? payload : archive;
    if (stream == null) {
      throw new IllegalStateException("a split archive was opened without its payload");
    }
    long position = regular.payloadPosition();
    long start = position + PxarFormat.HEADER_BYTES;
    boolean within = start <= stream.bytes() && regular.bytes() <= stream.bytes() - start;
    if (!within
        || !PayloadStream.isHeader(
            stream.read(position, PxarFormat.HEADER_BYTES),
            PxarFormat.PAYLOAD,
            PxarFormat.HEADER_BYTES + regular.bytes())) {
      throw error(
          position,
          file.path(),
          "expected "
              + regular.bytes()
              + " bytes of '"
              + file.path()
              + "'"
              + (split ? " in the payload stream" : ""));
    }
    return new ReadAhead(stream.slice(start, regular.bytes()));
  }

  /** Says that the content of a regular file will be read soon, from its beginning. */
  public void expectContent(PxarEntry.RegularFile file) {
    ByteSource stream = split ? payload : archive;
    if (stream != null && file.payloadPosition() >= 0) {
      long bytes = Math.min(file.bytes(), ReadAhead.BYTES_AHEAD_MAX);
      stream.expect(file.payloadPosition(), PxarFormat.HEADER_BYTES + bytes);
    }
  }

  /**
   * A directory's goodbye table.
   *
   * @param position of its GOODBYE header
   */
  private record Table(PxarNode directory, long position, int children) {}

  private Table table(PxarNode directory) throws IOException {
    if (!directory.isDirectory()) {
      throw BackupException.invalid("'" + directory.path() + "' is no directory");
    }
    long end = directory.end();
    int tailBytes = PxarFormat.GOODBYE_RECORD_BYTES;
    long tailAt = Math.max(0, end - tailBytes);
    ByteBuffer tail = numbers(tailAt, tailBytes, directory.path());
    long marker = tail.getLong();
    long back = tail.getLong();
    long bytes = tail.getLong();
    // The root is measured from the very start, with version and prelude.
    long start = directory.path().isEmpty() ? 0 : directory.entryPosition();
    long records = (bytes - PxarFormat.HEADER_BYTES) / tailBytes;
    if (marker != PxarFormat.GOODBYE_TAIL_MARKER
        || bytes < PxarFormat.HEADER_BYTES + tailBytes
        || bytes > end - directory.entryPosition()
        || bytes != PxarFormat.HEADER_BYTES + records * tailBytes
        || end - bytes - start != back) {
      throw error(tailAt, directory.path(), "expected the tail of a goodbye table");
    }
    long position = end - bytes;
    ByteBuffer header = numbers(position, PxarFormat.HEADER_BYTES, directory.path());
    if (header.getLong() != PxarFormat.GOODBYE || header.getLong() != bytes) {
      throw error(position, directory.path(), "expected a goodbye table of " + bytes + " bytes");
    }
    if (records - 1 > CHILDREN_MAX) {
      throw error(
          position,
          directory.path(),
          (records - 1) + " children in one directory, expected at most " + CHILDREN_MAX);
    }
    return new Table(directory, position, (int) records - 1);
  }

  /** Hash, distance and size of a child. */
  private ByteBuffer record(Table table, int index) throws IOException {
    long at =
        table.position + PxarFormat.HEADER_BYTES + (long) index * PxarFormat.GOODBYE_RECORD_BYTES;
    return numbers(at, PxarFormat.GOODBYE_RECORD_BYTES, table.directory.path());
  }

  private PxarNode child(Table table, long back, long bytes) throws IOException {
    PxarNode node = parse(table, table.position - back);
    if (!node.isDirectory()) {
      return node; // its size is not reliable in a split archive
    }
    if (bytes <= 0 || bytes > back) {
      throw error(
          node.position(), node.path(), "size " + bytes + " leads out of the directory above");
    }
    return new PxarNode(
        node.entry(), node.path(), node.position(), node.entryPosition(), node.position() + bytes);
  }

  /** A child without its end, which the record knows. */
  private PxarNode parse(Table table, long position) throws IOException {
    PxarNode directory = table.directory;
    if (position <= directory.entryPosition() || position >= table.position) {
      throw error(
          table.position,
          directory.path(),
          "the table leads to " + position + ", out of its directory");
    }
    return parse(position, directory.path(), table.position);
  }

  private PxarNode parse(long position, Bytes directory, long limit) throws IOException {
    PxarItemReader items =
        new PxarItemReader(archive.stream(position), name, position, ENTRY_READ_BYTES);
    EntryItems entries = new EntryItems(items, split, () -> directory);
    if (!(entries.take() instanceof PxarItem.Filename filename)) {
      throw error(position, directory, "expected FILENAME");
    }
    entries.checkName(filename);
    PxarEntry entry = entries.child(filename);
    if (entries.entryPosition() >= limit) {
      throw error(position, directory, "'" + filename.name() + "' is not within its directory");
    }
    return new PxarNode(
        entry, directory.resolve(filename.name()), position, entries.entryPosition(), 0);
  }

  private ByteBuffer numbers(long position, int bytes, Bytes path) throws IOException {
    try {
      return ByteBuffer.wrap(archive.read(position, bytes)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (EOFException e) {
      throw error(position, path, "the archive ends here");
    }
  }

  private BackupException error(long position, Bytes path, String what) {
    String shown = path.isEmpty() ? "." : path.toString();
    return BackupException.corrupt(name + ", offset " + position + " in '" + shown + "': " + what)
        .with("archive", name)
        .with("offset", position)
        .with("path", shown);
  }
}
