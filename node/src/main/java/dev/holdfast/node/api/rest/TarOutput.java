package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.pxar.PxarMetadata;
import dev.holdfast.chunkstore.pxar.PxarStat;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a tar archive in the PAX form of POSIX.1-2001:
 *
 * <pre>
 * archive := entry* zeros[1024]
 * entry   := (header 'x', records, padding)? header, content, padding   padding to 512 bytes
 * header  := name[100] mode[8] uid[8] gid[8] size[12] mtime[12] checksum[8] type link[100]
 *            "ustar" 0 "00" user[32] group[32] major[8] minor[8] zeros[167]   numbers in octal
 * record  := length " " key "=" value LF                              length counts all of it
 * </pre>
 *
 * What a header has no room for stands in records: names that are long or no ASCII, large numbers,
 * parts of seconds, extended attributes ({@code SCHILY.xattr.NAME}, as GNU tar and bsdtar read
 * them). One thread; the stream stays open.
 */
final class TarOutput {
  private static final int BLOCK_BYTES = 512;
  private static final int NAME_BYTES_MAX = 100;
  private static final long ID_MAX = 07777777;
  private static final long NUMBER_MAX = 077777777777L;

  /** What an entry is. */
  enum Type {
    FILE('0'),
    HARD_LINK('1'),
    SYMBOLIC_LINK('2'),
    CHARACTER_DEVICE('3'),
    BLOCK_DEVICE('4'),
    DIRECTORY('5'),
    PIPE('6'),
    RECORDS('x');

    private final byte letter;

    Type(char letter) {
      this.letter = (byte) letter;
    }
  }

  private final OutputStream out;

  TarOutput(OutputStream out) {
    this.out = out;
  }

  /**
   * Begins an entry.
   *
   * @param link what a link leads to, otherwise empty
   * @param contentBytes that {@link #content} will bring, if any
   */
  void entry(Type type, Bytes name, Bytes link, PxarStat stat, PxarMetadata more, long contentBytes)
      throws IOException {
    device(type, name, link, stat, more, contentBytes, 0, 0);
  }

  /** As {@link #entry}, of a device. */
  void device(Type type, Bytes name, PxarStat stat, PxarMetadata more, int major, int minor)
      throws IOException {
    device(type, name, Bytes.EMPTY, stat, more, 0, major, minor);
  }

  private void device(
      Type type,
      Bytes name,
      Bytes link,
      PxarStat stat,
      PxarMetadata more,
      long contentBytes,
      int major,
      int minor)
      throws IOException {
    Records records = new Records();
    records.names(name, link);
    long uid = Integer.toUnsignedLong(stat.uid());
    long gid = Integer.toUnsignedLong(stat.gid());
    records.number("uid", uid, ID_MAX);
    records.number("gid", gid, ID_MAX);
    records.number("size", contentBytes, NUMBER_MAX);
    records.time(stat);
    if (type != Type.HARD_LINK) {
      for (Xattr xattr : more.toSet(stat.mode())) {
        records.add("SCHILY.xattr." + xattr.name(), xattr.value().toArray());
      }
    }
    byte[] text = records.bytes.toByteArray();
    if (text.length > 0) {
      write(new Header(Type.RECORDS, Bytes.of("@PaxHeader")).number(124, 11, text.length));
      out.write(text);
      pad(text.length);
    }
    write(
        new Header(type, name)
            .bytes(157, NAME_BYTES_MAX, link)
            .number(100, 7, stat.permissions())
            .number(108, 7, Math.min(uid, ID_MAX))
            .number(116, 7, Math.min(gid, ID_MAX))
            .number(124, 11, Math.min(contentBytes, NUMBER_MAX))
            .number(136, 11, Math.clamp(stat.modifySeconds(), 0, NUMBER_MAX))
            .number(329, 7, Math.clamp((long) major, 0, ID_MAX))
            .number(337, 7, Math.clamp((long) minor, 0, ID_MAX)));
  }

  /** The content of the entry that was begun. Throws when there is less than was announced. */
  void content(InputStream in, long bytes) throws IOException {
    byte[] block = new byte[64 * 1024];
    for (long left = bytes; left > 0; ) {
      int read = in.read(block, 0, (int) Math.min(block.length, left));
      if (read < 0) {
        throw new EOFException("the content ends " + left + " bytes early");
      }
      out.write(block, 0, read);
      left -= read;
    }
    pad(bytes);
  }

  /** Ends the archive. */
  void finish() throws IOException {
    out.write(new byte[2 * BLOCK_BYTES]);
    out.flush();
  }

  private void write(Header header) throws IOException {
    out.write(header.block());
  }

  private void pad(long bytes) throws IOException {
    out.write(new byte[(int) (-bytes & (BLOCK_BYTES - 1))]);
  }

  private static final class Header {
    private static final int CHECKSUM_AT = 148;

    private final byte[] block = new byte[BLOCK_BYTES];

    Header(Type type, Bytes name) {
      bytes(0, NAME_BYTES_MAX, name);
      number(100, 7, 0);
      number(108, 7, 0);
      number(116, 7, 0);
      number(124, 11, 0);
      number(136, 11, 0);
      Arrays.fill(block, CHECKSUM_AT, CHECKSUM_AT + 8, (byte) ' ');
      block[156] = type.letter;
      bytes(257, 5, Bytes.of("ustar"));
      bytes(263, 2, Bytes.of("00"));
    }

    /** What does not fit is cut: a record has the whole of it. */
    Header bytes(int at, int lengthMax, Bytes value) {
      value.slice(0, Math.min(lengthMax, value.length())).copyTo(block, at);
      return this;
    }

    Header number(int at, int digits, long value) {
      String octal = Long.toOctalString(value);
      return bytes(at, digits, Bytes.of("0".repeat(digits - octal.length()) + octal));
    }

    byte[] block() {
      int sum = 0;
      for (byte one : block) {
        sum += one & 0xff;
      }
      number(CHECKSUM_AT, 6, sum);
      block[CHECKSUM_AT + 6] = 0;
      return block;
    }
  }

  private static final class Records {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Short names that are no UTF-8 stand in the header as they are, where no encoding is told. */
    void names(Bytes name, Bytes link) {
      boolean path = needsRecord(name);
      boolean linkPath = needsRecord(link);
      if ((path && name.utf8() == null) || (linkPath && link.utf8() == null)) {
        add("hdrcharset", "BINARY");
      }
      if (path) {
        add("path", name.toArray());
      }
      if (linkPath) {
        add("linkpath", link.toArray());
      }
    }

    private static boolean needsRecord(Bytes name) {
      boolean ascii = true;
      for (int i = 0; i < name.length(); i++) {
        ascii &= name.at(i) > 0;
      }
      return name.length() > NAME_BYTES_MAX || (!ascii && name.utf8() != null);
    }

    void number(String key, long value, long max) {
      if (value > max) {
        add(key, Long.toString(value));
      }
    }

    void time(PxarStat stat) {
      if (stat.modifyNanos() != 0
          || stat.modifySeconds() < 0
          || stat.modifySeconds() > NUMBER_MAX) {
        long nanos = stat.modifyNanos();
        long seconds = stat.modifySeconds();
        boolean negative = seconds < 0;
        if (negative && nanos > 0) { // they count forwards here, and towards zero there
          seconds++;
          nanos = 1_000_000_000 - nanos;
        }
        add("mtime", String.format("%s%d.%09d", negative ? "-" : "", Math.abs(seconds), nanos));
      }
    }

    void add(String key, String value) {
      add(key, value.getBytes(StandardCharsets.US_ASCII));
    }

    void add(String key, byte[] value) {
      byte[] name = key.getBytes(StandardCharsets.UTF_8);
      int without = name.length + value.length + 3;
      int length = without + Integer.toString(without).length();
      if (without + Integer.toString(length).length() > length) {
        length++;
      }
      bytes.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
      bytes.writeBytes(name);
      bytes.write('=');
      bytes.writeBytes(value);
      bytes.write('\n');
    }
  }
}
