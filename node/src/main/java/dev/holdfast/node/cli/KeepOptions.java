package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which snapshots a prune keeps. */
final class KeepOptions {
  @Option(names = "--keep-last", paramLabel = "N", description = "The newest snapshots.")
  private @Nullable Long last;

  @Option(names = "--keep-hourly", paramLabel = "N", description = "One per hour.")
  private @Nullable Long hourly;

  @Option(names = "--keep-daily", paramLabel = "N", description = "One per day.")
  private @Nullable Long daily;

  @Option(names = "--keep-weekly", paramLabel = "N", description = "One per week.")
  private @Nullable Long weekly;

  @Option(names = "--keep-monthly", paramLabel = "N", description = "One per month.")
  private @Nullable Long monthly;

  @Option(names = "--keep-yearly", paramLabel = "N", description = "One per year.")
  private @Nullable Long yearly;

  /** As parameters of a call; those that were not given are left out. */
  void putInto(ObjectNode body) {
    rules().counts().forEach((period, count) -> body.put(period.option(), count));
  }

  KeepRules rules() {
    Map<Period, Long> counts = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      Long count = count(period);
      if (count != null) {
        if (count < 1) {
          throw new UsageException(
              "found " + count + " for --" + period.option() + ", expected 1 or more", null);
        }
        counts.put(period, count);
      }
    }
    return new KeepRules(counts);
  }

  private @Nullable Long count(Period period) {
    return switch (period) {
      case LAST -> last;
      case HOURLY -> hourly;
      case DAILY -> daily;
      case WEEKLY -> weekly;
      case MONTHLY -> monthly;
      case YEARLY -> yearly;
    };
  }
}
