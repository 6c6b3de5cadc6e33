package dev.holdfast.node.task;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a task (spec/formats.md §9.3):
 *
 * <pre>
 * upid := "UPID:" node ":" pid ":" pstart ":" task-id ":" starttime ":" type ":" id ":" auth-id ":"
 * </pre>
 *
 * Numbers are upper-case hex of eight digits; the id is escaped as systemd does it.
 *
 * @param pstart when the process started, in clock ticks since boot; with the pid it names the
 *     process
 * @param taskId counts within the process
 * @param startTime seconds since the epoch
 * @param workerId not escaped; null when the type has none
 */
public record Upid(
    String node,
    long pid,
    long pstart,
    long taskId,
    long startTime,
    String workerType,
    @Nullable String workerId,
    AuthId owner) {
  /** It is a file name as well. */
  public static final int LENGTH_MAX = 255;

  private static final Pattern PATTERN =
      Pattern.compile(
          "UPID:([a-zA-Z0-9](?:[a-zA-Z0-9\\-]*[a-zA-Z0-9])?)"
              + ":([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8,16}):([0-9A-Fa-f]{8})"
              + ":([^:\\s/]+):([^:\\s/]*):([^:\\s/]+):");
  private static final Pattern NODE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9\\-]*[a-zA-Z0-9])?");
  private static final Pattern TYPE = Pattern.compile("[^:\\s/]+");

  public Upid {
    if (!NODE.matcher(node).matches() || !TYPE.matcher(workerType).matches()) {
      throw BackupException.invalid(
          "invalid task: node '" + node + "', worker type '" + workerType + "'");
    }
  }

  public static Upid parse(String text) {
    Matcher m = PATTERN.matcher(text);
    if (text.length() > LENGTH_MAX || !m.matches()) {
      throw BackupException.invalid("unable to parse UPID '" + text + "'");
    }
    return new Upid(
        m.group(1),
        Long.parseLong(m.group(2), 16),
        Long.parseLong(m.group(3), 16),
        Long.parseUnsignedLong(m.group(4), 16),
        Long.parseLong(m.group(5), 16),
        m.group(6),
        m.group(7).isEmpty() ? null : unescape(m.group(7)),
        AuthId.parse(m.group(8)));
  }

  /** Two hex digits of the process start: the directory that holds the log. */
  String directoryName() {
    return String.format(Locale.ROOT, "%02X", pstart & 0xff);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "UPID:%s:%08X:%08X:%08X:%08X:%s:%s:%s:",
        node,
        pid,
        pstart,
        taskId,
        startTime,
        workerType,
        workerId == null ? "" : escape(workerId),
        owner);
  }

  /**
   * The datastore that the task works on, by its id (spec/engine.md §10.1): {@code
   * REMOTE:REMOTE-STORE:STORE…} of a sync job, {@code STORE…} of all others. Empty when it has
   * none.
   */
  public String store() {
    String[] parts = (workerId == null ? "" : workerId).split(":", -1);
    if (!workerType.equals("syncjob")) {
      return parts[0];
    }
    return parts.length > 2 ? parts[2] : "";
  }

  static String escape(String id) {
    StringBuilder out = new StringBuilder();
    for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c == '/') {
        out.append('-');
      } else if (isPlain(c) || (c == '.' && !out.isEmpty())) {
        out.append(c);
      } else {
        out.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
      }
    }
    return out.toString();
  }

  static String unescape(String text) {
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < in.length; i++) {
      if (in[i] == '-') {
        out.write('/');
      } else if (in[i] != '\\') {
        out.write(in[i]);
      } else {
        int high = i + 3 < in.length && in[i + 1] == 'x' ? Character.digit(in[i + 2], 16) : -1;
        int low = high < 0 ? -1 : Character.digit(in[i + 3], 16);
        if (low < 0) {
          throw BackupException.invalid("unable to parse worker id '" + text + "'");
        }
        out.write(high << 4 | low);
        i += 3;
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
}
