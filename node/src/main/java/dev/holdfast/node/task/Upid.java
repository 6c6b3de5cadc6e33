package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of a task, which is also the name of its log file:
 *
 * <pre>
 * UPID:node:pid:pstart:task id:start time:worker type:worker id:auth id:
 * </pre>
 *
 * Numbers are upper-case hex, zero-padded to eight digits; the worker id is escaped as systemd
 * escapes unit names: {@code /} is {@code -}, other bytes outside {@code [A-Za-z0-9_.]} and a
 * leading dot are {@code \xNN}.
 *
 * @param startTime seconds since the epoch
 * @param workerId as people read it, not escaped; may be empty
 */
public record Upid(
    String node,
    long pid,
    long processStart,
    long taskId,
    long startTime,
    String workerType,
    String workerId,
    AuthId auth) {
  private static final Pattern PATTERN =
      Pattern.compile(
          "UPID:([a-zA-Z0-9](?:[a-zA-Z0-9\\-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8,16})"
              + ":([0-9A-Fa-f]{8}):([^:\\s]+):([^:\\s]*):([^:\\s]+):");

  public static Upid parse(String text) {
    Matcher m = PATTERN.matcher(text);
    if (!m.matches()) {
      throw BackupException.invalid("invalid UPID '" + text + "'");
    }
    return new Upid(
        m.group(1),
        Long.parseLong(m.group(2), 16),
        Long.parseLong(m.group(3), 16),
        Long.parseUnsignedLong(m.group(4), 16),
        Long.parseLong(m.group(5), 16),
        m.group(6),
        unescape(m.group(7)),
        AuthId.parse(m.group(8)));
  }

  public static boolean isUpid(String text) {
    return PATTERN.matcher(text).matches();
  }

  /**
   * The directory of its log: the low byte of the process start, which spreads logs over 256
   * directories.
   */
  String logDirectory() {
    return String.format(Locale.ROOT, "%02X", processStart & 0xff);
  }

  static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      char c = (char) (bytes[i] & 0xff);
      boolean plain =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || (c == '.' && i > 0);
      if (c == '/') {
        escaped.append('-');
      } else if (plain) {
        escaped.append(c);
      } else {
        escaped.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
      }
    }
    return escaped.toString();
  }

  static String unescape(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '-') {
        bytes.write('/');
      } else if (c == '\\' && text.startsWith("\\x", i) && i + 4 <= text.length()) {
        bytes.write(Integer.parseInt(text.substring(i + 2, i + 4), 16));
        i += 3;
      } else {
        bytes.write(c);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "UPID:%s:%08X:%08X:%08X:%08X:%s:%s:%s:",
        node,
        pid,
        processStart,
        taskId,
        startTime,
        workerType,
        escape(workerId),
        auth);
  }
}
