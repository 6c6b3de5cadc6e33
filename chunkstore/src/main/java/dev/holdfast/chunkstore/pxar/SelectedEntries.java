package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ReadAhead;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The wanted entries below a directory of an archive, found through its tables: what is not wanted
 * is not read, and a directory that is not wanted itself is given when something in it is.
 *
 * <p>Hard links whose first name is not wanted become files with its content, the next names of it
 * links to that one. Holds the entries of the directories from the start to the current one, and a
 * number for each file.
 */
public final class SelectedEntries implements EntrySource {
  /** Files whose content is looked forward to. */
  private static final int CHILDREN_EXPECTED = 64;

  private static final class Level {
    final PxarNode directory;
    final List<PxarNode> children;
    final boolean wanted;
    boolean given;

    /** The child that is visited next. */
    int next;

    /** The first whose content was not looked forward to. */
    int expected;

    Level(PxarNode directory, List<PxarNode> children, boolean wanted) {
      this.directory = directory;
      this.children = children;
      this.wanted = wanted;
    }
  }

  private record StandIn(long position, Bytes path) {}

  private final PxarAccessor archive;
  private final String name;
  private final PxarNode start;
  private final Selection selection;

  private final Deque<Level> levels = new ArrayDeque<>();
  private final Deque<PxarEntry> ready = new ArrayDeque<>();
  private final Set<Long> given = new HashSet<>();
  private final Map<Long, StandIn> standIns = new HashMap<>();
  private boolean started;
  private InputStream content = InputStream.nullInputStream();

  /**
   * @param archive with its payload, if it is split
   * @param start a directory, which becomes the root
   */
  public SelectedEntries(PxarAccessor archive, String name, PxarNode start, Selection selection) {
    this.archive = archive;
    this.name = name;
    this.start = start;
    this.selection = selection;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public InputStream content() {
    return content;
  }

  @Override
  public @Nullable PxarEntry next() throws IOException {
    if (!started) {
      started = true;
      boolean wanted = selection.of(start.path(), true) == Selection.Choice.YES;
      PxarEntry.Directory root = enter(start, wanted);
      levels.element().given = true;
      return new PxarEntry.Directory(Bytes.EMPTY, root.stat(), root.metadata());
    }
    while (ready.isEmpty()) {
      Level level = levels.peek();
      if (level == null) {
        return null;
      }
      if (level.next < level.children.size()) {
        visit(level, level.children.get(level.next++));
      } else {
        levels.pop();
        if (level.given) {
          return new PxarEntry.DirectoryEnd();
        }
      }
    }
    return ready.remove();
  }

  private PxarEntry.Directory enter(PxarNode node, boolean wanted) throws IOException {
    if (!(node.entry() instanceof PxarEntry.Directory directory)) {
      throw BackupException.invalid("'" + node.path() + "' is no directory");
    }
    if (levels.size() >= PxarReader.DEPTH_MAX) {
      throw BackupException.corrupt(
          name + ": directories are nested more than " + PxarReader.DEPTH_MAX + " deep");
    }
    levels.push(new Level(node, archive.list(node), wanted));
    return directory;
  }

  private void visit(Level level, PxarNode node) throws IOException {
    boolean wanted = isWanted(level, node);
    if (node.isDirectory()) {
      var unused = enter(node, wanted);
      if (wanted) {
        giveDirectories();
      }
    } else if (wanted) {
      giveDirectories();
      expectContents(level);
      ready.add(opened(node));
    }
  }

  private boolean isWanted(Level level, PxarNode node) {
    return switch (selection.of(node.path(), node.isDirectory())) {
      case YES -> true;
      case NO -> false;
      case AS_ABOVE -> level.wanted;
    };
  }

  /** The next wanted files of the directory, so that small ones are not waited for one by one. */
  private void expectContents(Level level) {
    long bytes = 0;
    int end = Math.min(level.children.size(), level.next + CHILDREN_EXPECTED);
    for (int i = level.next; i < end && bytes < ReadAhead.BYTES_AHEAD_MAX; i++) {
      PxarNode child = level.children.get(i);
      if (child.entry() instanceof PxarEntry.RegularFile file) {
        bytes += file.bytes();
        if (i >= level.expected && isWanted(level, child)) {
          archive.expectContent(file);
        }
      }
      level.expected = Math.max(level.expected, i + 1);
    }
  }

  /** From the outermost that was not given yet to the current one. */
  private void giveDirectories() {
    for (Iterator<Level> down = levels.descendingIterator(); down.hasNext(); ) {
      Level level = down.next();
      if (!level.given) {
        level.given = true;
        ready.add(level.directory.entry());
      }
    }
  }

  private PxarEntry opened(PxarNode node) throws IOException {
    return switch (node.entry()) {
      case PxarEntry.RegularFile file -> {
        given.add(node.position());
        content = archive.content(node).stream(0);
        yield file;
      }
      case PxarEntry.HardLink link -> link(node, link);
      default -> node.entry();
    };
  }

  private PxarEntry link(PxarNode node, PxarEntry.HardLink link) throws IOException {
    if (given.contains(link.targetPosition())) {
      return new PxarEntry.HardLink(link.name(), link.targetPosition(), below(link.path()));
    }
    StandIn standIn = standIns.get(link.targetPosition());
    if (standIn != null) {
      return new PxarEntry.HardLink(link.name(), standIn.position, standIn.path);
    }
    PxarNode first = archive.first(node);
    if (!(first.entry() instanceof PxarEntry.RegularFile file)) {
      throw new IllegalStateException("the accessor gives files only");
    }
    standIns.put(link.targetPosition(), new StandIn(node.position(), below(node.path())));
    content = archive.content(first).stream(0);
    return new PxarEntry.RegularFile(
        link.name(),
        file.stat(),
        file.metadata(),
        node.position(),
        file.bytes(),
        file.payloadPosition());
  }

  /** As seen from the start. */
  private Bytes below(Bytes path) {
    int skipped = start.path().isEmpty() ? 0 : start.path().length() + 1;
    return path.slice(Math.min(skipped, path.length()), path.length());
  }
}
