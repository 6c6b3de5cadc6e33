package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.catalina.WebResourceRoot;

/** A regular file of an archive; skipping in its content reads nothing. */
final class WebDavFile extends WebDavEntry {
  private final ArchiveTree tree;
  private final PxarNode node;

  /**
   * @param node whose entry is a regular file
   */
  WebDavFile(WebResourceRoot root, String path, ArchiveTree tree, PxarNode node) {
    super(root, path, file(node).stat().modifySeconds());
    this.tree = tree;
    this.node = node;
  }

  private static PxarEntry.RegularFile file(PxarNode node) {
    return (PxarEntry.RegularFile) node.entry();
  }

  @Override
  public boolean isDirectory() {
    return false;
  }

  @Override
  public boolean isFile() {
    return true;
  }

  @Override
  public long getContentLength() {
    return file(node).bytes();
  }

  @Override
  protected InputStream doGetInputStream() {
    try {
      return tree.content(node).stream(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
