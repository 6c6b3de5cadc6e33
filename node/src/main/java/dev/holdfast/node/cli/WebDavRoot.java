package dev.holdfast.node.cli;

import org.apache.catalina.WebResourceSet;
import org.apache.catalina.webresources.StandardRoot;

/** All that the server has: one archive, and no file of this machine. */
final class WebDavRoot extends StandardRoot {
  private final WebDavArchive archive;

  WebDavRoot(WebDavArchive archive) {
    this.archive = archive;
    setCachingAllowed(false); // the tree keeps what was found
    setReadOnly(true);
  }

  @Override
  protected WebResourceSet createMainResourceSet() {
    archive.setRoot(this);
    return archive;
  }

  @Override
  protected void registerURLStreamHandlerFactory() {
    // It would be for addresses within files, for the whole process.
  }
}
