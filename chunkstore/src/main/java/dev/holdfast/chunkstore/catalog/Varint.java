package dev.holdfast.chunkstore.catalog;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Numbers in a catalog (spec/formats.md §7): seven bits per byte, least significant group first,
 * the high bit set when more follow. A negative number is the groups of its absolute value, all
 * with the high bit, and a zero byte behind them, which no positive number ends in.
 */
final class Varint {
  private static final int GROUP_BITS = 7;
  private static final int GROUP_MASK = 0x7f;
  private static final int MORE = 0x80;

  private Varint() {}

  /** All 64 bits of the value count, none is a sign. */
  static void unsigned(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest >>> GROUP_BITS != 0) {
      out.write((int) (rest & GROUP_MASK) | MORE);
      rest >>>= GROUP_BITS;
    }
    out.write((int) rest);
  }

  static void signed(ByteArrayOutputStream out, long value) {
    if (value >= 0) {
      unsigned(out, value);
      return;
    }
    long rest = -value; // the smallest one stays as it is, which is its absolute value unsigned
    while (rest != 0) {
      out.write((int) (rest & GROUP_MASK) | MORE);
      rest >>>= GROUP_BITS;
    }
    out.write(0);
  }

  /** Gives one byte after the other; throws at the end. */
  @FunctionalInterface
  interface OctetSource {
    int next() throws IOException;
  }

  /** All 64 bits of the result count. Throws CORRUPT_DATA for a longer one. */
  static long readUnsigned(OctetSource in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += GROUP_BITS) {
      int octet = in.next();
      if (shift == Long.SIZE - 1 && (octet & ~1) != 0) {
        break;
      }
      value |= (long) (octet & GROUP_MASK) << shift;
      if ((octet & MORE) == 0) {
        return value;
      }
    }
    throw tooLong();
  }

  static long readSigned(OctetSource in) throws IOException {
    long value = 0;
    for (int shift = 0; shift <= Long.SIZE + GROUP_BITS; shift += GROUP_BITS) {
      int octet = in.next();
      if (octet == 0 && shift > 0) {
        return -value;
      }
      boolean fits = shift < Long.SIZE - 1 || (shift == Long.SIZE - 1 && (octet & ~MORE & ~1) == 0);
      if (!fits) {
        break;
      }
      value |= (long) (octet & GROUP_MASK) << shift;
      if ((octet & MORE) == 0) {
        return value;
      }
    }
    throw tooLong();
  }

  private static BackupException tooLong() {
    return BackupException.corrupt("catalog: a number has more than 64 bits");
  }
}
