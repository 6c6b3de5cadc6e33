package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;

/** Puts an archive together item by item, without any check. Tables have records of zeros. */
final class RawArchive {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ArrayDeque<Long> open = new ArrayDeque<>();

  RawArchive copy() {
    RawArchive copy = new RawArchive();
    copy.out.writeBytes(bytes());
    copy.open.addAll(open);
    return copy;
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  long length() {
    return out.size();
  }

  RawArchive header(long type, long size) {
    out.writeBytes(numbers(type, size));
    return this;
  }

  RawArchive item(long type, byte[] content) {
    header(type, PxarFormat.HEADER_BYTES + content.length);
    out.writeBytes(content);
    return this;
  }

  RawArchive filename(Bytes name) {
    byte[] text = Arrays.copyOf(name.toArray(), name.length() + 1);
    return item(PxarFormat.FILENAME, text);
  }

  RawArchive entry(int mode) {
    ByteBuffer stat = ByteBuffer.allocate(PxarFormat.ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    stat.putLong(mode);
    return item(PxarFormat.ENTRY, stat.array());
  }

  /** The root has no name. */
  RawArchive directory(String name) {
    if (!name.isEmpty()) {
      filename(Bytes.of(name));
    }
    open.push(length());
    return entry(FileMode.DIRECTORY | 0755);
  }

  RawArchive file(String name, String content) {
    return file(Bytes.of(name), content);
  }

  RawArchive file(Bytes name, String content) {
    return filename(name)
        .entry(FileMode.REGULAR | 0644)
        .item(PxarFormat.PAYLOAD, content.getBytes(StandardCharsets.UTF_8));
  }

  RawArchive symlink(String name, String to) {
    return filename(Bytes.of(name))
        .entry(FileMode.SYMLINK | 0777)
        .item(PxarFormat.SYMLINK, (to + "\0").getBytes(StandardCharsets.UTF_8));
  }

  RawArchive device(String name, int mode, long major, long minor) {
    return filename(Bytes.of(name)).entry(mode).item(PxarFormat.DEVICE, numbers(major, minor));
  }

  RawArchive hardLink(String name, long distance, String path) {
    filename(Bytes.of(name));
    byte[] text = (path + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] content = Arrays.copyOf(numbers(distance), Long.BYTES + text.length);
    System.arraycopy(text, 0, content, Long.BYTES, text.length);
    return item(PxarFormat.HARDLINK, content);
  }

  /**
   * Ends a directory.
   *
   * @param records of its table, with the tail
   */
  RawArchive end(int records) {
    long position = length();
    int bytes = records * PxarFormat.GOODBYE_RECORD_BYTES;
    ByteBuffer table = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    table.position(bytes - PxarFormat.GOODBYE_RECORD_BYTES);
    table
        .putLong(PxarFormat.GOODBYE_TAIL_MARKER)
        .putLong(position - open.pop())
        .putLong(PxarFormat.HEADER_BYTES + bytes);
    return item(PxarFormat.GOODBYE, table.array());
  }

  /** A table of one child, with any numbers. */
  RawArchive goodbye(long hash, long back, long bytes, long tailBack) {
    return item(
        PxarFormat.GOODBYE,
        numbers(
            hash,
            back,
            bytes,
            PxarFormat.GOODBYE_TAIL_MARKER,
            tailBack,
            PxarFormat.HEADER_BYTES + 2L * PxarFormat.GOODBYE_RECORD_BYTES));
  }

  private static byte[] numbers(long... numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long number : numbers) {
      bytes.putLong(number);
    }
    return bytes.array();
  }
}
