package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An archive by paths as programs have them: texts that begin with a slash. Names that are no text
 * are not in it. Fetches what is asked for, so it blocks; any thread may call.
 */
final class ArchiveTree {
  /** Nodes found last: a look-up of a deep path costs a few reads per level. */
  private static final int NODES_KEPT = 10_000;

  private final PxarAccessor archive;
  private final Map<String, PxarNode> nodes =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, PxarNode> eldest) {
              return size() > NODES_KEPT;
            }
          });

  ArchiveTree(PxarAccessor archive) {
    this.archive = archive;
  }

  /**
   * What a path names; of a further name of a file, the first one. No link is followed.
   *
   * @return null when there is nothing
   */
  @Nullable PxarNode find(String path) throws IOException {
    PxarNode named = named(path);
    if (named != null && named.entry() instanceof PxarEntry.HardLink) {
      PxarNode first = archive.first(named);
      nodes.put(path, first);
      return first;
    }
    return named;
  }

  private @Nullable PxarNode named(String path) throws IOException {
    int slash = path.lastIndexOf('/');
    if (slash < 0 || path.length() == 1) {
      return archive.root();
    }
    PxarNode known = nodes.get(path);
    if (known == null) {
      PxarNode above = named(path.substring(0, slash));
      known =
          above == null || !above.isDirectory()
              ? null
              : archive.child(above, Bytes.of(path.substring(slash + 1)));
      if (known != null) {
        nodes.put(path, known);
      }
    }
    return known;
  }

  /** Takes the children of a directory by name. */
  @FunctionalInterface
  interface NameSink {
    void name(String name, PxarNode node) throws IOException;
  }

  /**
   * Gives all children that can be named, with their own entries: a further name of a file as such.
   *
   * @param path of the directory
   */
  void list(String path, PxarNode directory, NameSink sink) throws IOException {
    String above = path.endsWith("/") ? path : path + "/";
    archive.list(
        directory,
        child -> {
          String name = child.name().utf8();
          if (name != null) {
            nodes.putIfAbsent(above + name, child); // who lists looks at them next
            sink.name(name, child);
          }
        });
  }

  /** The content of a regular file. */
  ByteSource content(PxarNode file) throws IOException {
    return archive.content(file);
  }

  /**
   * Where a symbolic link leads, as if the archive were all there is: absolute targets begin at its
   * top, and {@code ..} does not lead out of it.
   *
   * @param path of the link
   * @return null when it leads to nothing, or in circles
   */
  @Nullable PxarNode follow(String path) throws IOException {
    return new LinkWalk(this).follow(path);
  }
}
