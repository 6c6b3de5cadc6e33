package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.catalog.CatalogEntry;
import dev.holdfast.chunkstore.catalog.CatalogReader;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names in an archive: from the snapshot's catalog, which costs least, or from the archive
 * itself where there is no catalog, as with split ones.
 */
sealed interface ArchiveNames {
  /**
   * A name.
   *
   * @param path from the root of the archive, empty for the root
   * @param node where it is in the archive; null for one out of a catalog
   */
  record Name(CatalogEntry entry, Bytes path, @Nullable PxarNode node) {
    boolean isDirectory() {
      return entry.isDirectory();
    }
  }

  /** Takes names in the order of the archive. */
  @FunctionalInterface
  interface NameSink {
    void name(Name name) throws IOException;
  }

  Name root();

  void list(Name directory, NameSink sink) throws IOException;

  default List<Name> list(Name directory) throws IOException {
    List<Name> names = new ArrayList<>();
    list(directory, names::add);
    return names;
  }

  /** All names below a directory, each before those in it. */
  default void walk(Name directory, NameSink sink) throws IOException {
    for (Name name : list(directory)) {
      sink.name(name);
      if (name.isDirectory()) {
        walk(name, sink);
      }
    }
  }

  /** Null when there is none. Empty components do not count. */
  default @Nullable Name find(Bytes path) throws IOException {
    Name at = root();
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.at(i) == '/') {
        if (i > start) {
          at = at.isDirectory() ? child(at, path.slice(start, i)) : null;
          if (at == null) {
            return null;
          }
        }
        start = i + 1;
      }
    }
    return at;
  }

  @Nullable Name child(Name directory, Bytes name) throws IOException;

  /**
   * Out of a catalog.
   *
   * @param top the directory of the archive, or the root with all archives
   */
  record OfCatalog(CatalogReader catalog, CatalogEntry top) implements ArchiveNames {
    @Override
    public Name root() {
      return new Name(top, Bytes.EMPTY, null);
    }

    @Override
    public void list(Name directory, NameSink sink) throws IOException {
      catalog.list(directory.entry(), entry -> sink.name(below(directory, entry)));
    }

    @Override
    public @Nullable Name child(Name directory, Bytes name) throws IOException {
      CatalogEntry entry = catalog.child(directory.entry(), name);
      return entry == null ? null : below(directory, entry);
    }

    private static Name below(Name directory, CatalogEntry entry) {
      return new Name(entry, directory.path().resolve(entry.name()), null);
    }
  }

  /** Out of the archive. */
  record OfArchive(PxarAccessor archive) implements ArchiveNames {
    @Override
    public Name root() {
      return name(archive.root());
    }

    @Override
    public void list(Name directory, NameSink sink) throws IOException {
      archive.list(node(directory), node -> sink.name(name(node)));
    }

    @Override
    public @Nullable Name child(Name directory, Bytes name) throws IOException {
      PxarNode node = archive.child(node(directory), name);
      return node == null ? null : name(node);
    }

    private static PxarNode node(Name name) {
      if (name.node() == null) {
        throw new IllegalArgumentException("a name of another archive");
      }
      return name.node();
    }

    private static Name name(PxarNode node) {
      CatalogEntry entry = CatalogEntry.of(node.entry());
      if (entry == null) {
        throw new IllegalStateException("no entry ends a directory here");
      }
      return new Name(entry, node.path(), node);
    }
  }
}
