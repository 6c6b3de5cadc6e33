package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte sizes as people write them: a number and {@code B}, {@code K|M|G|T|P[B]} (powers of 1000) or
 * {@code Ki|Mi|…[B]} (powers of 1024), in any case (spec/engine.md §9.5).
 */
public final class ByteSize {
  private static final String PREFIXES = "kmgtp";
  private static final Pattern UNIT = Pattern.compile("(.*?) ?(?:([kmgtp])(i?))?b?");
  private static final Pattern NUMBER =
      Pattern.compile("[0-9]{1,18}(\\.[0-9]{0,9})?(e[0-9]{1,2})?");

  private ByteSize() {}

  /** Binary and with up to three decimals, as the original prints them: {@code 1.5 GiB}. */
  public static String text(long bytes) {
    double value = bytes;
    int power = 0;
    while (value >= 1024 && power < PREFIXES.length()) {
      value /= 1024;
      power++;
    }
    String unit =
        power == 0 ? "B" : PREFIXES.substring(power - 1, power).toUpperCase(Locale.ROOT) + "iB";
    return BigDecimal.valueOf(value)
            .setScale(3, RoundingMode.HALF_UP)
            .stripTrailingZeros()
            .toPlainString()
        + " "
        + unit;
  }

  /** In bytes, rounded down. */
  public static long parse(String text) {
    Matcher unit = UNIT.matcher(text.toLowerCase(Locale.ROOT));
    String number = unit.matches() ? unit.group(1) : text;
    if (number.startsWith("-")) {
      throw BackupException.invalid("byte size may not be negative");
    }
    if (!NUMBER.matcher(number).matches()) {
      throw BackupException.invalid("invalid float literal");
    }
    int power = unit.group(2) == null ? 0 : PREFIXES.indexOf(unit.group(2)) + 1;
    BigDecimal base = BigDecimal.valueOf("i".equals(unit.group(3)) ? 1024 : 1000);
    BigDecimal bytes = new BigDecimal(number).multiply(base.pow(power));
    if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw BackupException.invalid("byte size '" + text + "' does not fit in 63 bits");
    }
    return bytes.longValue();
  }
}
