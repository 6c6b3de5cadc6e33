package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.WebResource;
import org.apache.catalina.webresources.AbstractResourceSet;
import org.apache.catalina.webresources.EmptyResource;
import org.jspecify.annotations.Nullable;

/**
 * What an archive has for WebDAV, which knows directories and files: a symbolic link that leads to
 * a file of the archive is that file, and nothing else is there. Links to directories are not,
 * because a program that copies a tree would go round in circles.
 *
 * <p>The archive is a directory below the root of the server, so that no name in it can mean
 * anything to the server: what is called {@code /WEB-INF/lib} there is loaded and run.
 */
final class WebDavArchive extends AbstractResourceSet {
  private static final String[] NOTHING = {};

  private final String name;
  private final String top;
  private final ArchiveTree tree;

  WebDavArchive(String name, ArchiveTree tree) {
    this.name = name;
    this.top = "/" + name;
    this.tree = tree;
  }

  @Override
  public WebResource getResource(String path) {
    if (path.equals("/")) {
      return new WebDavDirectory(getRoot(), path, 0);
    }
    String within = within(path);
    if (within == null) {
      return new EmptyResource(getRoot(), path);
    }
    try {
      PxarNode node = shown(within, tree.find(within));
      if (node == null || !(node.entry() instanceof PxarEntry.Node entry)) {
        return new EmptyResource(getRoot(), path);
      }
      return node.isDirectory()
          ? new WebDavDirectory(getRoot(), path, entry.stat().modifySeconds())
          : new WebDavFile(getRoot(), path, tree, node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Path in the archive, null for one that is not in it; directories may end with a slash. */
  private @Nullable String within(String path) {
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    boolean inside = trimmed.equals(top) || trimmed.startsWith(top + "/");
    return inside ? WebDavNames.inArchive(trimmed.substring(top.length())) : null;
  }

  private @Nullable PxarNode shown(String path, @Nullable PxarNode node) throws IOException {
    return switch (node == null ? null : node.entry()) {
      case PxarEntry.Directory _, PxarEntry.RegularFile _ -> node;
      case PxarEntry.HardLink _ -> tree.find(path);
      case PxarEntry.Symlink _ -> {
        PxarNode target = tree.follow(path);
        yield target != null && target.entry() instanceof PxarEntry.RegularFile ? target : null;
      }
      case null, default -> null;
    };
  }

  @Override
  public String[] list(String path) {
    if (path.equals("/")) {
      return new String[] {name};
    }
    String within = within(path);
    try {
      PxarNode directory = within == null ? null : tree.find(within);
      if (within == null || directory == null || !directory.isDirectory()) {
        return NOTHING;
      }
      List<String> names = new ArrayList<>();
      tree.list(
          within,
          directory,
          (child, node) -> {
            if (shown(within + "/" + child, node) != null) {
              names.add(WebDavNames.inServer(child));
            }
          });
      return names.toArray(NOTHING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Set<String> listWebAppPaths(String path) {
    return Set.of(); // the server's own parts are not in the archive
  }

  @Override
  public boolean mkdir(String path) {
    return false;
  }

  @Override
  public boolean write(String path, InputStream content, boolean overwrite) {
    return false;
  }

  @Override
  public @Nullable URL getBaseUrl() {
    return null;
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }

  @Override
  public void setReadOnly(boolean readOnly) {
    if (!readOnly) {
      throw new IllegalArgumentException("archives are read-only");
    }
  }

  @Override
  public boolean getAllowLinking() {
    return false;
  }

  @Override
  public void setAllowLinking(boolean allowLinking) {
    // There is no file behind what is shown.
  }

  @Override
  public void gc() {
    // The tree bounds what it keeps.
  }

  @Override
  protected void initInternal() throws LifecycleException {
    // Nothing is to be opened.
  }
}
