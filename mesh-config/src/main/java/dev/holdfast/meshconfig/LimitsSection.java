package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads {@code limits:}. */
final class LimitsSection {
  static final List<String> KEYS = List.of("rate-in", "rate-out", "parallel-groups", "buffer");

  private LimitsSection() {}

  static Limits read(Field field) {
    Optional<Fields> fields = field.map(KEYS);
    if (fields.isEmpty()) {
      return Limits.DEFAULT;
    }
    Fields map = fields.get();
    return new Limits(
        bytes(map, "rate-in", Limits.RATE_BYTES_MIN, Long.MAX_VALUE, "bytes per second"),
        bytes(map, "rate-out", Limits.RATE_BYTES_MIN, Long.MAX_VALUE, "bytes per second"),
        map.get("parallel-groups")
            .map(f -> f.integer(1, Limits.PARALLEL_GROUPS_MAX))
            .orElse(OptionalInt.empty())
            .orElse(Limits.PARALLEL_GROUPS_DEFAULT),
        bytes(map, "buffer", Limits.BUFFER_BYTES_MIN, Limits.BUFFER_BYTES_MAX, "bytes")
            .orElse(Limits.BUFFER_BYTES_DEFAULT));
  }

  private static OptionalLong bytes(Fields map, String key, long min, long max, String unit) {
    String range = max == Long.MAX_VALUE ? "at least " + min : "from " + min + " to " + max;
    String expected = unit + " like '50 MiB' or '12.5 MB', " + range;
    return map.get(key)
        .flatMap(f -> f.parsed(expected, text -> checked(ByteSize.parse(text), min, max)))
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  private static long checked(long bytes, long min, long max) {
    if (bytes < min || bytes > max) {
      throw BackupException.invalid("it is " + bytes + " bytes");
    }
    return bytes;
  }
}
