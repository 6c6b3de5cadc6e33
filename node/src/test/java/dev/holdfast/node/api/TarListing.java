package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What GNU tar makes of an archive, beside what was saved. */
final class TarListing {
  private static final Pattern LINE =
      Pattern.compile(
          "([-dlbcph])([-rwxsStT]{9})\\*? *(\\d+)/(\\d+) +(\\d+(?:,\\d+)?) (\\S+ \\S+) +"
              + "\"(.*?)/?\"(?: (?:->|link to) \"(.*)\")?");
  private static final Pattern XATTR = Pattern.compile(" +x: +(\\d+) (\\S+)");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  private TarListing() {}

  /**
   * One entry in the words of {@code tar --list --verbose}; what is a further name of a file is its
   * link alone.
   *
   * @param size in bytes, or the numbers of a device
   * @param xattrs lengths and names
   */
  record Entry(
      String name,
      String type,
      String owner,
      String size,
      String time,
      String link,
      SortedSet<String> xattrs) {}

  static SortedMap<String, Entry> of(Path tar) throws IOException {
    ProcessBuilder program =
        new ProcessBuilder(
            "tar",
            "--list",
            "-vv",
            "--full-time",
            "--numeric-owner",
            "--quoting-style=c",
            "--xattrs",
            "--xattrs-include=*",
            "--file",
            tar.toString());
    program.environment().putAll(Map.of("TZ", "UTC", "LC_ALL", "C"));
    Process process = program.redirectErrorStream(true).start();
    SortedMap<String, Entry> entries = new TreeMap<>();
    Entry last = null;
    for (String line :
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList()) {
      Matcher xattr = XATTR.matcher(line);
      if (last != null && xattr.matches()) {
        last.xattrs().add(xattr.group(1) + " " + xattr.group(2));
      } else {
        last = entry(line);
        entries.put(last.name(), last);
      }
    }
    return entries;
  }

  private static Entry entry(String line) {
    Matcher found = LINE.matcher(line);
    if (!found.matches()) {
      throw new AssertionError("tar says: " + line);
    }
    String name = found.group(7);
    String link = found.group(8) == null ? "" : found.group(8);
    if (found.group(1).equals("h")) {
      return hardLink(name, link);
    }
    return new Entry(
        name,
        found.group(1) + mode(found.group(2)),
        found.group(3) + "/" + found.group(4),
        found.group(5),
        found.group(6),
        link,
        new TreeSet<>());
  }

  private static Entry hardLink(String name, String to) {
    return new Entry(name, "h", "", "", "", to, new TreeSet<>());
  }

  /** {@code rwsr-xr-t} in octal. */
  private static String mode(String letters) {
    int mode = 0;
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      boolean set = letter != '-' && letter != 'S' && letter != 'T';
      mode |= set ? 0400 >> i : 0;
      if ("sStT".indexOf(letter) >= 0) {
        mode |= 04000 >> (i / 3);
      }
    }
    return String.format("%04o", mode);
  }

  /**
   * @param saved an entry of a listing of the vectors
   * @param firstOfLinks names by group of links; grows
   */
  static Entry expected(JsonNode saved, Map<Integer, String> firstOfLinks) {
    String name =
        escaped(
            saved.has("path_base64")
                ? Base64.getDecoder().decode(saved.path("path_base64").asText())
                : saved.path("path").asText().getBytes(StandardCharsets.UTF_8));
    if (saved.has("link_group")) {
      String first = firstOfLinks.putIfAbsent(saved.path("link_group").intValue(), name);
      if (first != null) {
        return hardLink(name, first);
      }
    }
    SortedSet<String> xattrs = new TreeSet<>();
    saved
        .path("xattrs_base64")
        .properties()
        .forEach(
            xattr ->
                xattrs.add(
                    Base64.getDecoder().decode(xattr.getValue().asText()).length
                        + " "
                        + xattr.getKey()));
    return new Entry(
        name,
        letter(saved.path("type").asText()) + saved.path("mode").asText(),
        saved.path("uid") + "/" + saved.path("gid"),
        saved.has("major")
            ? saved.path("major") + "," + saved.path("minor")
            : saved.path("size").asText("0"),
        time(saved.path("mtime_s").longValue(), saved.path("mtime_ns").intValue()),
        escaped(saved.path("target").asText().getBytes(StandardCharsets.UTF_8)),
        xattrs);
  }

  private static String time(long seconds, int nanos) {
    String fraction = String.format("%09d", nanos).replaceAll("0+$", "");
    return TIME.format(Instant.ofEpochSecond(seconds)) + (fraction.isEmpty() ? "" : "." + fraction);
  }

  private static String letter(String type) {
    return switch (type) {
      case "file" -> "-";
      case "dir" -> "d";
      case "symlink" -> "l";
      case "blockdev" -> "b";
      case "chardev" -> "c";
      case "fifo" -> "p";
      default -> throw new AssertionError(type);
    };
  }

  /** As {@code --quoting-style=c} writes names. */
  private static String escaped(byte[] name) {
    StringBuilder text = new StringBuilder();
    for (byte one : name) {
      int value = one & 0xff;
      switch (value) {
        case '\\' -> text.append("\\\\");
        case '"' -> text.append("\\\"");
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        default ->
            text.append(
                value < 0x20 || value > 0x7e ? String.format("\\%03o", value) : "" + (char) value);
      }
    }
    return text.toString();
  }
}
