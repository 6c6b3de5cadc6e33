package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.meshconfig.HostAndPort;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where backups go, in the words of the real client (spec/protocols.md §1.5): {@code
 * [[user@realm[!token]@]host[:port]:]datastore}. A number alone before the datastore is a port.
 *
 * @param auth null = not said
 * @param host null = not said
 * @param port null = not said
 */
public record Repository(
    @Nullable AuthId auth, @Nullable String host, @Nullable Integer port, DatastoreName datastore) {
  private static final int LENGTH_MAX = 256;
  private static final String DEFAULT_HOST = "localhost";

  // Greedy, so that the last '@' ends the user; a '/' or ':' never belongs to one.
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "(?:(?:(?<auth>[^\\s:/]+)@)?(?<host>[A-Za-z0-9._\\-]*[A-Za-z._\\-][A-Za-z0-9._\\-]*"
              + "|\\[[0-9A-Fa-f:.]+])(?::(?<port>[0-9]{1,5}))?:|(?<onlyport>[0-9]{1,5}):)?"
              + "(?<store>[^:@/]+)");

  /** Throws INVALID_INPUT saying what is expected. */
  public static Repository parse(String text) {
    Matcher matcher = GRAMMAR.matcher(text);
    if (text.length() > LENGTH_MAX || !matcher.matches()) {
      throw BackupException.invalid(
          "'" + text + "' is no repository: expected [[USER@REALM[!TOKEN]@]HOST[:PORT]:]DATASTORE");
    }
    String auth = matcher.group("auth");
    String host = matcher.group("host");
    String digits = matcher.group("port");
    String port = digits == null ? matcher.group("onlyport") : digits;
    Repository repository =
        new Repository(
            auth == null ? null : AuthId.parse(auth),
            host == null || !host.startsWith("[") ? host : host.substring(1, host.length() - 1),
            port == null ? null : Integer.valueOf(port),
            new DatastoreName(matcher.group("store")));
    repository.address(); // checks host and port
    return repository;
  }

  /** With the defaults for what was not said. */
  public HostAndPort address() {
    return new HostAndPort(
        host == null ? DEFAULT_HOST : host, port == null ? HostAndPort.DEFAULT_PORT : port);
  }

  /** With the default for what was not said. */
  public AuthId authOrDefault() {
    return auth == null ? AuthId.ROOT : auth;
  }

  /** Whether it names more than a datastore. */
  boolean namesNode() {
    return auth != null || host != null || port != null;
  }

  @Override
  public String toString() {
    return auth == null && host == null && port == null
        ? datastore.toString()
        : (auth == null ? "" : auth + "@") + address() + ":" + datastore;
  }
}
