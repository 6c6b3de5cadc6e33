package dev.holdfast.chunkstore.catalog;

import java.io.ByteArrayOutputStream;

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
}
