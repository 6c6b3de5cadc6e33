package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.meshconfig.HostAndPort;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the properties of targets and matchers may be, so that a mistake is an answer to whoever
 * makes it and not a notification that never comes. Each throws INVALID_INPUT.
 */
public final class NotificationValues {
  /** For people, as the other grammars here. */
  public static final String HTTP_URL = "a URL such as 'https://gotify.example.org:8443'";

  public static final String WEBHOOK_URL =
      "a URL such as 'https://chat.example.org/hook?text={{ url-encode title }}'";
  public static final String HOST = "a DNS name or an IP address";
  public static final String MAIL_ADDRESS = "a mail address such as 'admin@example.org'";
  public static final String PROPERTY = "name=NAME,value=BASE64";
  public static final String TEMPLATE = "base64 of a text with places such as '{{ title }}'";
  public static final String MATCH_FIELD =
      "exact:FIELD=VALUE,… or regex:FIELD=PATTERN, such as 'exact:type=prune,gc'";
  public static final String MATCH_SEVERITY = "one or more of " + Severity.words();
  public static final String MATCH_CALENDAR =
      "a part of the day such as '8:00-16:30' or 'mon..fri 8-18'";

  private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Notification ANY =
      new Notification(Severity.INFO, Instant.EPOCH, new TreeMap<>(), "title", "text");

  private NotificationValues() {}

  public static void requireHttpUrl(String text) {
    URI uri;
    try {
      uri = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new BackupException(BackupException.Kind.INVALID_INPUT, "it is no URL", e);
    }
    boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!web || uri.getHost() == null) {
      throw BackupException.invalid("it does not begin with http://HOST or https://HOST");
    }
  }

  /**
   * With places for what happened and for secrets, which may be any text. May hold a secret itself,
   * so that errors show no more than how it begins.
   */
  public static void requireWebhookUrl(String text) {
    if (!text.startsWith("http://") && !text.startsWith("https://")) {
      throw BackupException.invalid(
          "found one that begins with '"
              + text.split("[:/?#@]", 2)[0]
              + "', expected http:// or https://");
    }
    requirePlaces(text);
  }

  public static void requireHost(String text) {
    var unused = new HostAndPort(text, 0);
  }

  public static void requireMailAddress(String text) {
    try {
      var unused = new InternetAddress(text);
    } catch (AddressException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "it is no mail address: " + e.getMessage(), e);
    }
  }

  /** Of a header; its text may hold a secret, so that errors do not show it. */
  public static void requireHeader(String text) {
    PropertyText header = PropertyText.parse(text);
    if (!HEADER_NAME.matcher(header.name()).matches()) {
      throw BackupException.invalid(
          "found the name '" + header.name() + "', expected that of an HTTP header");
    }
    requirePlaces(header.value());
  }

  /** Of a secret, which errors do not show. */
  public static void requireSecret(String text) {
    var unused = PropertyText.parse(text);
  }

  /** May hold a secret, too. */
  public static void requireTemplate(String base64) {
    requirePlaces(PropertyText.decode(base64));
  }

  private static void requirePlaces(String template) {
    var unused = WebhookTemplate.render(template, ANY, Map.of());
  }

  public static void requireField(String text) {
    var unused = Matcher.field(text);
  }

  public static void requireSeverities(String text) {
    var unused = Matcher.severities(text);
  }
}
