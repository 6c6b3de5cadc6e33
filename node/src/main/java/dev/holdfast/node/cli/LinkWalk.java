package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One way through the symbolic links of an archive, which never leaves it. */
final class LinkWalk {
  /** As Linux: more links on one way are taken for a circle. */
  private static final int LINKS_MAX = 40;

  private final ArchiveTree tree;
  private final Deque<String> ahead = new ArrayDeque<>();
  private String at = "";
  private int links;

  LinkWalk(ArchiveTree tree) {
    this.tree = tree;
  }

  /**
   * @return what is there in the end, never a symbolic link; null for nothing
   */
  @Nullable PxarNode follow(String path) throws IOException {
    prepend(path);
    PxarNode node = tree.find("");
    while (node != null && !ahead.isEmpty()) {
      node = step(ahead.pop());
    }
    return node;
  }

  private @Nullable PxarNode step(String name) throws IOException {
    if (name.equals("..")) {
      at = at.substring(0, Math.max(0, at.lastIndexOf('/')));
      return tree.find(at);
    }
    String path = at + "/" + name;
    PxarNode node = tree.find(path);
    if (node == null || !(node.entry() instanceof PxarEntry.Symlink link)) {
      at = path;
      return node;
    }
    String target = link.target().utf8();
    if (target == null || ++links > LINKS_MAX) {
      return null;
    }
    if (target.startsWith("/")) {
      at = "";
    }
    prepend(target);
    return tree.find(at);
  }

  private void prepend(String path) {
    List<String> names =
        Arrays.stream(path.split("/"))
            .filter(name -> !name.isEmpty() && !name.equals("."))
            .toList();
    names.reversed().forEach(ahead::push);
  }
}
