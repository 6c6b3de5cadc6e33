package dev.holdfast.chunkstore.catalog;

import dev.holdfast.chunkstore.catalog.CatalogEntry.Kind;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up in a catalog, reading the tables on the way and nothing else (spec/formats.md §7;
 * the grammar is at {@link CatalogWriter}). The first level are the archives of the snapshot.
 *
 * <p>Tables stand behind those that they lead to, which is checked, so that a hostile catalog ends
 * in an error and never in circles. Safe for several threads when its source is. Damage is
 * CORRUPT_DATA with the offset.
 */
public final class CatalogReader {
  /** Longest name of a file system, and of a catalog. */
  public static final int NAME_BYTES_MAX = 4095;

  private static final int POSITION_BYTES = Long.BYTES;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final Bytes DOT = Bytes.of(".");
  private static final Bytes DOT_DOT = Bytes.of("..");

  private final ByteSource source;
  private final CatalogEntry root;

  private CatalogReader(ByteSource source, long rootTable) {
    this.source = source;
    this.root = new CatalogEntry(Kind.DIRECTORY, Bytes.EMPTY, 0, 0, rootTable);
  }

  /** The source stays the caller's and must outlive the reader. */
  public static CatalogReader open(ByteSource source) throws IOException {
    long end = source.bytes() - POSITION_BYTES;
    if (end <= CatalogWriter.MAGIC_BYTES) {
      throw corrupt(0, "it has " + source.bytes() + " bytes, too few for a catalog");
    }
    long magic = ByteBuffer.wrap(source.read(0, CatalogWriter.MAGIC_BYTES)).getLong();
    if (magic != CatalogWriter.MAGIC) {
      throw corrupt(
          0,
          String.format(
              "it begins with %016x, expected the magic %016x", magic, CatalogWriter.MAGIC));
    }
    long table =
        ByteBuffer.wrap(source.read(end, POSITION_BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (table < CatalogWriter.MAGIC_BYTES || table >= end) {
      throw corrupt(end, "it says that its root is at " + table);
    }
    return new CatalogReader(source, table);
  }

  /** The directory of the archives; its name is empty. */
  public CatalogEntry root() {
    return root;
  }

  /** Takes entries in the order of the archive. */
  @FunctionalInterface
  public interface EntrySink {
    void entry(CatalogEntry entry) throws IOException;
  }

  /**
   * Gives the entries of a directory. Blocks.
   *
   * @param directory that this reader gave
   */
  public void list(CatalogEntry directory, EntrySink sink) throws IOException {
    if (!directory.isDirectory()) {
      throw BackupException.invalid("'" + directory.name() + "' is no directory");
    }
    Table table = new Table(directory.table());
    for (CatalogEntry entry = table.next(); entry != null; entry = table.next()) {
      sink.entry(entry);
    }
  }

  /** As {@link #list(CatalogEntry, EntrySink)}, in memory. */
  public List<CatalogEntry> list(CatalogEntry directory) throws IOException {
    List<CatalogEntry> entries = new ArrayList<>();
    list(directory, entries::add);
    return entries;
  }

  /** The entry of this name, or null. */
  public @Nullable CatalogEntry child(CatalogEntry directory, Bytes name) throws IOException {
    Table table = new Table(directory.table());
    for (CatalogEntry entry = table.next(); entry != null; entry = table.next()) {
      if (entry.name().equals(name)) {
        return entry;
      }
    }
    return null;
  }

  /** The entries of one directory, one after the other. */
  private final class Table {
    private final long position;
    private final InputStream in;
    private long read;
    private long end = Long.MAX_VALUE;
    private long entriesLeft;

    Table(long position) throws IOException {
      this.position = position;
      this.in = new BufferedInputStream(source.stream(position), BUFFER_BYTES);
      long bytes = unsigned();
      long limit = source.bytes() - POSITION_BYTES - position;
      if (bytes < 1 || bytes > limit - read) {
        throw error("its table has " + Long.toUnsignedString(bytes) + " bytes");
      }
      end = read + bytes;
      entriesLeft = unsigned();
    }

    @Nullable CatalogEntry next() throws IOException {
      if (entriesLeft == 0) {
        if (read != end) {
          throw error("its table ends " + (end - read) + " bytes after its last entry");
        }
        return null;
      }
      entriesLeft--;
      Kind kind = kind(octet());
      Bytes name = name();
      return switch (kind) {
        case DIRECTORY -> new CatalogEntry(kind, name, 0, 0, childTable());
        case FILE -> {
          long bytes = unsigned();
          if (bytes < 0) {
            throw error("a file has " + Long.toUnsignedString(bytes) + " bytes");
          }
          yield new CatalogEntry(kind, name, bytes, Varint.readSigned(this::octet), 0);
        }
        default -> new CatalogEntry(kind, name, 0, 0, 0);
      };
    }

    private Kind kind(int letter) {
      for (Kind kind : Kind.values()) {
        if (kind.letter() == letter) {
          return kind;
        }
      }
      throw error("an entry is of type " + letter);
    }

    private Bytes name() throws IOException {
      long length = unsigned();
      if (length < 1 || length > NAME_BYTES_MAX || length > end - read) {
        throw error("a name has " + Long.toUnsignedString(length) + " bytes");
      }
      byte[] bytes = in.readNBytes((int) length);
      read += bytes.length;
      if (bytes.length < length) {
        throw new EOFException();
      }
      Bytes name = Bytes.of(bytes, 0, bytes.length);
      if (name.equals(DOT) || name.equals(DOT_DOT) || name.contains((byte) '/')) {
        throw error("file name '" + name + "' is not allowed");
      }
      return name;
    }

    private long childTable() throws IOException {
      long distance = unsigned();
      if (distance < 1 || distance > position - CatalogWriter.MAGIC_BYTES) {
        throw error("a directory's table is " + Long.toUnsignedString(distance) + " bytes before");
      }
      return position - distance;
    }

    private long unsigned() throws IOException {
      return Varint.readUnsigned(this::octet);
    }

    private int octet() throws IOException {
      int value = read < end ? in.read() : -1;
      if (value < 0) {
        throw error("its table ends within an entry");
      }
      read++;
      return value;
    }

    private BackupException error(String what) {
      return corrupt(position, what);
    }
  }

  private static BackupException corrupt(long offset, String what) {
    return BackupException.corrupt("catalog, offset " + offset + ": " + what)
        .with("offset", offset);
  }
}
