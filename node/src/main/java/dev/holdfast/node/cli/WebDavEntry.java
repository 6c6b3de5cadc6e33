package dev.holdfast.node.cli;

import java.io.InputStream;
import java.net.URL;
import java.security.cert.Certificate;
import java.util.concurrent.TimeUnit;
import java.util.jar.Manifest;
import org.apache.catalina.WebResourceRoot;
import org.apache.catalina.webresources.AbstractResource;
import org.apache.juli.logging.Log;
import org.apache.juli.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/** What files and directories of an archive have in common as resources: they cannot be changed. */
abstract class WebDavEntry extends AbstractResource {
  private static final Log LOG = LogFactory.getLog(WebDavEntry.class);

  private final String path;
  private final long modifySeconds;

  WebDavEntry(WebResourceRoot root, String path, long modifySeconds) {
    super(root, path);
    this.path = path;
    this.modifySeconds = modifySeconds;
  }

  @Override
  public String getName() {
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  @Override
  public long getLastModified() {
    return TimeUnit.SECONDS.toMillis(modifySeconds);
  }

  @Override
  public long getCreation() {
    return getLastModified(); // archives do not have it
  }

  @Override
  public boolean exists() {
    return true;
  }

  @Override
  public boolean isVirtual() {
    return false;
  }

  @Override
  public boolean canRead() {
    return true;
  }

  @Override
  public boolean delete() {
    return false;
  }

  @Override
  public @Nullable String getCanonicalPath() {
    return null; // no file of this machine
  }

  @Override
  public byte @Nullable [] getContent() {
    return null; // it is read as a stream, whatever its length
  }

  @Override
  public @Nullable URL getURL() {
    return null;
  }

  @Override
  public Certificate @Nullable [] getCertificates() {
    return null;
  }

  @Override
  public @Nullable Manifest getManifest() {
    return null;
  }

  @Override
  protected @Nullable InputStream doGetInputStream() {
    return null;
  }

  @Override
  protected Log getLog() {
    return LOG;
  }
}
