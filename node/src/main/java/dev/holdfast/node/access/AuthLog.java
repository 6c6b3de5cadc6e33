package dev.holdfast.node.access;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who got in, who did not and why, and who was told that he may not: one line each, of the logger
 * {@code auth}, in the form that log readers (fail2ban) know (spec/rest-api.md §2.3). Never a
 * secret. Any thread.
 */
public final class AuthLog {
  private static final Logger LOG = LoggerFactory.getLogger("auth");

  private AuthLog() {}

  /** A login, or the first use of a token. */
  public static void succeeded(String remoteAddress, String user) {
    LOG.info("successful auth; rhost=[{}] user={}", remoteAddress, clean(user));
  }

  /**
   * @param inARow failures of that user from that address, this one included
   */
  public static void failed(String remoteAddress, String user, String reason, int inARow) {
    LOG.warn("{} ({} in a row)", failureLine(remoteAddress, user, reason), inARow);
  }

  public static void denied(String remoteAddress, String user, String what) {
    LOG.warn("permission denied; rhost=[{}] user={} msg={}", remoteAddress, clean(user), what);
  }

  static String failureLine(String remoteAddress, String user, String reason) {
    return String.format(
        Locale.ROOT,
        "authentication failure; rhost=[%s] user=%s msg=%s",
        remoteAddress,
        clean(user),
        reason);
  }

  private static String clean(String user) {
    return user.replaceAll("\\p{Cntrl}", "?");
  }
}
