package dev.holdfast.node.traffic;

import dev.holdfast.chunkstore.error.BackupException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it: {@code 512}, {@code 1.5MiB}, {@code 10 MB}. Units of a
 * thousand are KB, MB, GB, TB, those of 1024 have an i in them; the B may be left out.
 */
public record ByteCount(long bytes) {
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "([0-9]{1,15}(?:\\.[0-9]{1,9})?)\\s*(?:([KMGT]I?)?B?)", Pattern.CASE_INSENSITIVE);
  private static final Map<String, Long> UNITS =
      Map.of(
          "K",
          1_000L,
          "M",
          1_000_000L,
          "G",
          1_000_000_000L,
          "T",
          1_000_000_000_000L,
          "KI",
          1L << 10,
          "MI",
          1L << 20,
          "GI",
          1L << 30,
          "TI",
          1L << 40);

  public static ByteCount parse(String text) {
    Matcher matcher = GRAMMAR.matcher(text.strip());
    if (matcher.matches()) {
      String unit = matcher.group(2);
      long factor = unit == null ? 1 : UNITS.getOrDefault(unit.toUpperCase(Locale.ROOT), 1L);
      BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(factor));
      if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
        return new ByteCount(bytes.longValue());
      }
    }
    throw BackupException.invalid(
        "'" + text + "' is no number of bytes: expected e.g. 512, 10MB or 1.5GiB");
  }
}
