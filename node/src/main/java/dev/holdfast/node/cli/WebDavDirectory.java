package dev.holdfast.node.cli;

import org.apache.catalina.WebResourceRoot;

/** A directory of an archive, or the one that the archive is in. */
final class WebDavDirectory extends WebDavEntry {
  private static final long NO_LENGTH = -1;

  WebDavDirectory(WebResourceRoot root, String path, long modifySeconds) {
    super(root, path, modifySeconds);
  }

  @Override
  public boolean isDirectory() {
    return true;
  }

  @Override
  public boolean isFile() {
    return false;
  }

  @Override
  public long getContentLength() {
    return NO_LENGTH;
  }
}
