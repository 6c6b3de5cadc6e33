package dev.holdfast.chunkstore.catalog;

import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import org.jspecify.annotations.Nullable;

/**
 * A name that a catalog lists.
 *
 * @param bytes size of a file, else 0
 * @param modifySeconds of a file, seconds since the epoch, else 0
 * @param table where a directory's own table is, else 0
 */
public record CatalogEntry(Kind kind, Bytes name, long bytes, long modifySeconds, long table) {
  /** What the name is of, with the letter that stands for it in a catalog and in listings. */
  public enum Kind {
    DIRECTORY('d'),
    FILE('f'),
    SYMLINK('l'),
    HARD_LINK('h'),
    BLOCK_DEVICE('b'),
    CHARACTER_DEVICE('c'),
    FIFO('p'),
    SOCKET('s');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }

    public char letter() {
      return letter;
    }
  }

  public boolean isDirectory() {
    return kind == Kind.DIRECTORY;
  }

  /** What a catalog would say of an entry of an archive; null for the end of a directory. */
  public static @Nullable CatalogEntry of(PxarEntry entry) {
    return switch (entry) {
      case PxarEntry.DirectoryEnd _ -> null;
      case PxarEntry.Directory node -> named(Kind.DIRECTORY, node.name());
      case PxarEntry.RegularFile node ->
          new CatalogEntry(Kind.FILE, node.name(), node.bytes(), node.stat().modifySeconds(), 0);
      case PxarEntry.Symlink node -> named(Kind.SYMLINK, node.name());
      case PxarEntry.HardLink link -> named(Kind.HARD_LINK, link.name());
      case PxarEntry.Device node ->
          named(
              node.stat().type() == FileMode.BLOCK_DEVICE
                  ? Kind.BLOCK_DEVICE
                  : Kind.CHARACTER_DEVICE,
              node.name());
      case PxarEntry.Fifo node -> named(Kind.FIFO, node.name());
      case PxarEntry.Socket node -> named(Kind.SOCKET, node.name());
    };
  }

  private static CatalogEntry named(Kind kind, Bytes name) {
    return new CatalogEntry(kind, name, 0, 0, 0);
  }
}
