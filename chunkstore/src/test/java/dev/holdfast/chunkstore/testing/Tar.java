package dev.holdfast.chunkstore.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Just enough tar to unpack what is recorded: files and directories in ustar or GNU form, with pax
 * headers for long names. Anything else is an error, never skipped.
 */
final class Tar {
  private static final int BLOCK_BYTES = 512;

  private final InputStream in;
  private final Path target;
  private final Map<String, String> pax = new HashMap<>();
  // Set last: making files in a directory changes its times, and a mode may forbid to.
  private final Map<Path, Header> directories = new LinkedHashMap<>();

  private record Header(String name, int mode, long size, long modifyTime, char type) {}

  private Tar(InputStream in, Path target) {
    this.in = in;
    this.target = target;
  }

  static void unpack(InputStream in, Path target) throws IOException {
    Tar tar = new Tar(in, target);
    while (tar.entry()) {}
    for (Map.Entry<Path, Header> directory : tar.directories.entrySet()) {
      tar.setAttributes(directory.getKey(), directory.getValue());
    }
  }

  /** False at the end. */
  private boolean entry() throws IOException {
    byte[] block = in.readNBytes(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES || block[0] == 0) {
      return false;
    }
    Header header = header(block);
    switch (header.type()) {
      case 'x' -> readPax(in.readNBytes((int) header.size()));
      case '0' -> {
        Path file = path(header);
        try (OutputStream out = Files.newOutputStream(file)) {
          out.write(in.readNBytes((int) header.size()));
        }
        setAttributes(file, header);
        pax.clear();
      }
      case '5' -> {
        Path directory = path(header);
        Files.createDirectories(directory);
        directories.put(directory, header);
        pax.clear();
      }
      default -> throw new IOException("tar entry of type '" + header.type() + "': " + header);
    }
    in.skipNBytes((BLOCK_BYTES - header.size() % BLOCK_BYTES) % BLOCK_BYTES);
    return true;
  }

  private static Header header(byte[] block) {
    String name = text(block, 0, 100);
    String prefix = text(block, 257, 6).equals("ustar") ? text(block, 345, 155) : "";
    return new Header(
        prefix.isEmpty() ? name : prefix + "/" + name,
        (int) octal(block, 100, 8),
        octal(block, 124, 12),
        octal(block, 136, 12),
        (char) block[156]);
  }

  // Records of the form "LENGTH key=value\n".
  private void readPax(byte[] records) {
    for (int at = 0; at < records.length; ) {
      int blank = at;
      while (records[blank] != ' ') {
        blank++;
      }
      int end =
          at + Integer.parseInt(new String(records, at, blank - at, StandardCharsets.US_ASCII));
      String record = new String(records, blank + 1, end - blank - 2, StandardCharsets.UTF_8);
      int equals = record.indexOf('=');
      pax.put(record.substring(0, equals), record.substring(equals + 1));
      at = end;
    }
  }

  private Path path(Header header) throws IOException {
    Path path = target.resolve(pax.getOrDefault("path", header.name())).normalize();
    if (!path.startsWith(target.normalize())) {
      throw new IOException("tar entry leaves its directory: " + header.name());
    }
    return path;
  }

  private void setAttributes(Path path, Header header) throws IOException {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] fromOwnerRead = PosixFilePermission.values();
    for (int bit = 0; bit < fromOwnerRead.length; bit++) {
      if ((header.mode() & (0400 >> bit)) != 0) {
        permissions.add(fromOwnerRead[bit]);
      }
    }
    Files.setPosixFilePermissions(path, permissions);
    Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(header.modifyTime())));
  }

  private static String text(byte[] block, int from, int length) {
    int end = from;
    while (end < from + length && block[end] != 0) {
      end++;
    }
    return new String(block, from, end - from, StandardCharsets.UTF_8);
  }

  private static long octal(byte[] block, int from, int length) {
    return Long.parseLong(text(block, from, length).trim(), 8);
  }
}
