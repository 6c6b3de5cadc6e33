package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.regex.Pattern;

/**
 * {@code host:port}, {@code host}, {@code [v6]:port} or {@code [v6]}; the host is held without
 * brackets.
 *
 * @param port 0 … 65535; 0 = any free port, for listening only
 */
public record HostAndPort(String host, int port) {
  public static final int DEFAULT_PORT = 8007;
  public static final int PORT_MAX = 65_535;

  /** RFC 1035's limit for a whole name. */
  private static final int HOST_LENGTH_MAX = 253;

  private static final Pattern NAME =
      Pattern.compile(
          "[A-Za-z0-9]([A-Za-z0-9_\\-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9_\\-]*[A-Za-z0-9])?)*");
  private static final Pattern V6 =
      Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  public HostAndPort {
    boolean safe =
        host.length() <= HOST_LENGTH_MAX
            && (NAME.matcher(host).matches() || V6.matcher(host).matches());
    if (!safe) {
      throw BackupException.invalid(
          "invalid host '" + host + "': expected a DNS name or an IP address");
    }
    if (port < 0 || port > PORT_MAX) {
      throw BackupException.invalid("invalid port " + port + ": expected 0 … " + PORT_MAX);
    }
  }

  public static HostAndPort parse(String text, int defaultPort) {
    String host = text;
    String port = "";
    int colon = text.lastIndexOf(':');
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      if (close < 0) {
        throw BackupException.invalid("invalid address '" + text + "': the '[' is not closed");
      }
      host = text.substring(1, close);
      String rest = text.substring(close + 1);
      if (!rest.isEmpty() && !rest.startsWith(":")) {
        throw BackupException.invalid("invalid address '" + text + "': expected [IPv6]:PORT");
      }
      port = rest.isEmpty() ? "" : rest.substring(1);
      colon = rest.isEmpty() ? -1 : close + 1;
    } else if (colon >= 0) {
      if (text.indexOf(':') != colon) {
        throw BackupException.invalid(
            "invalid address '" + text + "': an IPv6 address is written in brackets, [::1]:8007");
      }
      host = text.substring(0, colon);
      port = text.substring(colon + 1);
    }
    if (colon >= 0 && !PORT.matcher(port).matches()) {
      throw BackupException.invalid(
          "invalid port '" + port + "': expected a number up to " + PORT_MAX);
    }
    return new HostAndPort(host, colon < 0 ? defaultPort : Integer.parseInt(port));
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
