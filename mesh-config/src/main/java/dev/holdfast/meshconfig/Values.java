package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;
import dev.holdfast.meshconfig.SyncConfig.Local;
import dev.holdfast.meshconfig.SyncConfig.Remote;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/** Texts of the file to values; each throws INVALID_INPUT with the reason. */
final class Values {
  /**
   * As for the names of remotes and datastores (spec/formats.md §1.2), but one letter is enough.
   */
  static final int NAME_LENGTH_MAX = 32;

  /** Source: spec/formats.md §10.2. */
  private static final int PATH_LENGTH_MAX = 4096;

  private Values() {}

  static String name(String text) {
    SafeId.require(text, "name");
    if (text.length() > NAME_LENGTH_MAX) {
      throw BackupException.invalid("longer than " + NAME_LENGTH_MAX + " characters");
    }
    return text;
  }

  static HostAndPort url(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw BackupException.invalid("not a URL: " + e.getReason());
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("https")) {
      throw BackupException.invalid(
          scheme.equals("http") ? "peers are reached by https only" : "it does not begin https://");
    }
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    if (uri.getRawUserInfo() != null
        || uri.getRawQuery() != null
        || uri.getRawFragment() != null
        || !(path.isEmpty() || path.equals("/"))) {
      throw BackupException.invalid("only host and port may follow https://");
    }
    String authority = uri.getRawAuthority();
    HostAndPort address =
        HostAndPort.parse(authority == null ? "" : authority, HostAndPort.DEFAULT_PORT);
    if (address.port() == 0) {
      throw BackupException.invalid("port 0 cannot be reached");
    }
    return address;
  }

  static HostAndPort listen(String text) {
    return HostAndPort.parse(text, HostAndPort.DEFAULT_PORT);
  }

  static AuthId token(String text) {
    AuthId id = AuthId.parse(text);
    if (!id.isToken()) {
      throw BackupException.invalid("'" + text + "' is a user, not one of his API tokens");
    }
    return id;
  }

  static Path path(String text) {
    if (text.isEmpty() || text.length() > PATH_LENGTH_MAX) {
      throw BackupException.invalid("a path has 1 to " + PATH_LENGTH_MAX + " characters");
    }
    try {
      return Path.of(text).normalize();
    } catch (InvalidPathException e) {
      throw BackupException.invalid(e.getReason());
    }
  }

  static Path absolutePath(String text) {
    Path path = path(text);
    if (!path.isAbsolute()) {
      throw BackupException.invalid("it does not begin with '/'");
    }
    return path;
  }

  /** {@code peer:datastore[/namespace]} */
  static Remote remote(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw BackupException.invalid("there is no ':' after the peer's name");
    }
    Local place = local(text.substring(colon + 1));
    return new Remote(name(text.substring(0, colon)), place.store(), place.ns());
  }

  /** {@code datastore[/namespace]} */
  static Local local(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new Local(new DatastoreName(text), Namespace.ROOT)
        : new Local(
            new DatastoreName(text.substring(0, slash)),
            Namespace.parse(text.substring(slash + 1)));
  }

  static String meshAddress(String text) {
    String[] parts = text.split("\\.", -1);
    boolean good = parts.length == 4 && parts[0].equals("127") && parts[1].equals("77");
    for (String part : parts) {
      good = good && part.matches("0|[1-9][0-9]{0,2}") && Integer.parseInt(part) <= 255;
    }
    if (!good) {
      throw BackupException.invalid("it is not in 127.77.0.0/16");
    }
    return text;
  }
}
