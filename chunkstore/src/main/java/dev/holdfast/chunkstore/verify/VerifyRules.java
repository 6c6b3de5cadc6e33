package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.manifest.VerifyState;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshots a verification is for (spec/engine.md §4.1, point 3).
 *
 * @param ignoreVerified whether those that were verified, well or not, are passed over
 * @param outdatedAfterDays after how many whole days they are not; empty = never
 */
public record VerifyRules(boolean ignoreVerified, OptionalLong outdatedAfterDays) {
  public VerifyRules {
    if (outdatedAfterDays.orElse(0) < 0) {
      throw BackupException.invalid(
          "found outdated-after " + outdatedAfterDays.getAsLong() + ", expected 0 or more days");
    }
  }

  /** Everything, whatever is known of it. */
  public static VerifyRules all() {
    return new VerifyRules(false, OptionalLong.empty());
  }

  /**
   * @param state as the manifest notes it; null when nobody verified the snapshot
   * @param verifiedAt when that task began, in seconds since 1970
   */
  public boolean wants(@Nullable VerifyState state, long verifiedAt, long now) {
    if (!ignoreVerified || state == null) {
      return true;
    }
    long days = Math.floorDiv(now - verifiedAt, Duration.ofDays(1).toSeconds());
    return outdatedAfterDays.isPresent() && days > outdatedAfterDays.getAsLong();
  }
}
