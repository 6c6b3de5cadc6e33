package dev.holdfast.chunkstore.catalog;

import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarEntrySink;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Writes the catalog of a snapshot as a stream (spec/formats.md §7), all archives one after the
 * other:
 *
 * <pre>
 *   magic 91fd60f9c46758d5
 *   table*                 one per directory, children before parents; the root's, of archives, last
 *   u64 LE                 absolute position of the root's table
 *   table := varint(bytes that follow) ‖ varint(number of entries) ‖ entry*
 *   entry := type byte ‖ varint(name length) ‖ name ‖ attributes
 * </pre>
 *
 * Attributes: of a directory the distance from its table to the one that has the entry, of a file
 * its size and its modification time in seconds; the others have none. Keeps the entries of the
 * directories from the root to the current one.
 */
public final class CatalogWriter {
  /** The name of the archive that a catalog is uploaded as. */
  public static final ArchiveName NAME = new ArchiveName("catalog.pcat1.didx");

  static final int MAGIC_BYTES = Long.BYTES;
  static final long MAGIC = 0x91fd60f9c46758d5L;

  private final OutputStream sink;
  private final Deque<Table> open = new ArrayDeque<>();
  private long position;

  /** A directory that is not ended yet. */
  private record Table(Bytes name, List<Entry> entries) {
    Table(Bytes name) {
      this(name, new ArrayList<>());
    }
  }

  /**
   * @param number size of a file, position of a directory's table, else 0
   */
  private record Entry(char type, Bytes name, long number, long modifySeconds) {}

  /** Writes the head. The sink stays the caller's. */
  public CatalogWriter(OutputStream sink) throws IOException {
    this.sink = sink;
    open.push(new Table(Bytes.EMPTY));
    raw(ByteBuffer.allocate(MAGIC_BYTES).putLong(MAGIC).array());
  }

  /**
   * What takes the entries of the next archive, from its root directory to that one's end.
   *
   * @param archive as the server stores it, {@code root.pxar.didx}
   */
  public PxarEntrySink archive(ArchiveName archive) {
    if (open.size() != 1) {
      throw new IllegalStateException("the archive before " + archive + " is not ended");
    }
    Bytes root = Bytes.of(archive.text());
    return entry -> add(entry, root);
  }

  private void add(PxarEntry entry, Bytes root) throws IOException {
    switch (entry) {
      case PxarEntry.Directory directory ->
          open.push(new Table(open.size() == 1 ? root : directory.name()));
      case PxarEntry.DirectoryEnd end -> endDirectory();
      case PxarEntry.RegularFile file ->
          list('f', file.name(), file.bytes(), file.stat().modifySeconds());
      case PxarEntry.Symlink link -> list('l', link.name());
      case PxarEntry.HardLink link -> list('h', link.name());
      case PxarEntry.Device device ->
          list(device.stat().type() == FileMode.BLOCK_DEVICE ? 'b' : 'c', device.name());
      case PxarEntry.Fifo fifo -> list('p', fifo.name());
      case PxarEntry.Socket socket -> list('s', socket.name());
    }
  }

  private void list(char type, Bytes name) {
    list(type, name, 0, 0);
  }

  private void list(char type, Bytes name, long number, long modifySeconds) {
    open.element().entries.add(new Entry(type, name, number, modifySeconds));
  }

  private void endDirectory() throws IOException {
    Table ended = open.pop();
    long at = position;
    table(ended);
    list('d', ended.name, at, 0);
  }

  /** Writes the root's table and its position. */
  public void finish() throws IOException {
    if (open.size() != 1) {
      throw new IllegalStateException("the last archive is not ended");
    }
    long at = position;
    table(open.pop());
    raw(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(at).array());
  }

  private void table(Table table) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    Varint.unsigned(content, table.entries.size());
    for (Entry entry : table.entries) {
      content.write(entry.type);
      Varint.unsigned(content, entry.name.length());
      entry.name.writeTo(content);
      switch (entry.type) {
        case 'd' -> Varint.unsigned(content, position - entry.number);
        case 'f' -> {
          Varint.unsigned(content, entry.number);
          Varint.signed(content, entry.modifySeconds);
        }
        default -> {} // nothing but the name
      }
    }
    ByteArrayOutputStream length = new ByteArrayOutputStream();
    Varint.unsigned(length, content.size());
    raw(length.toByteArray());
    raw(content.toByteArray());
  }

  private void raw(byte[] bytes) throws IOException {
    sink.write(bytes);
    position += bytes.length;
  }
}
