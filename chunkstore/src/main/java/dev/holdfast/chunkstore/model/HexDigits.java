package dev.holdfast.chunkstore.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Lower-case hex digits, eight at once in a word of eight ASCII characters. A sweep reads millions
 * of names, and a branch for each digit, which no processor can foresee, costs more than a system
 * call.
 *
 * <p>Digits are 0x30 … 0x39 and letters 0x61 … 0x66, so the value is the lower half of a character,
 * and 9 more where bit 6 is set. What does not give the same characters when it is written again
 * was something else.
 */
final class HexDigits {
  /** How many are read at once. */
  static final int COUNT = 8;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Multiplied by it, a number of up to eight bits stands in each byte of a word. */
  private static final long EACH = 0x0101_0101_0101_0101L;

  private static final int LETTER_STEP = 'a' - '9' - 1;

  private HexDigits() {}

  /** The 32 bits that {@value #COUNT} characters stand for; negative when one is no digit. */
  static long at(byte[] ascii, int index) {
    long text = (long) WORD.get(ascii, index);
    long letters = (text >>> 6) & EACH;
    long values = (text & 0x0f0f_0f0f_0f0f_0f0fL) + 9 * letters;
    boolean digits = (values & 0xf0f0_f0f0_f0f0_f0f0L) == 0 && written(values) == text;
    return digits ? packed(values) : -1;
  }

  private static long written(long values) {
    long above9 = ((values + 6 * EACH) >>> 4) & EACH;
    return values + '0' * EACH + LETTER_STEP * above9;
  }

  /** Eight values of four bits each, without the empty four between them. */
  private static long packed(long values) {
    long bytes = (values | values >>> 4) & 0x00ff_00ff_00ff_00ffL;
    long pairs = (bytes | bytes >>> 8) & 0x0000_ffff_0000_ffffL;
    return (pairs | pairs >>> 16) & 0xffff_ffffL;
  }
}
