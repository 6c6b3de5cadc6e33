package dev.holdfast.node.access.tfa;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The second factors of one user, and whether he is locked out of them. Immutable.
 *
 * @param factors all but recovery keys, by kind in file order
 * @param totpLocked too many wrong one-time codes: they do not count until a recovery key was used
 *     or an administrator unlocked them
 * @param lockedUntil too many wrong responses of any kind: seconds since the epoch, 0 = not locked
 */
public record UserFactors(
    List<Factor> factors, @Nullable RecoveryKeys recovery, boolean totpLocked, long lockedUntil) {
  static final UserFactors NONE = new UserFactors(List.of(), null, false, 0);

  public UserFactors {
    factors = List.copyOf(factors);
  }

  /** Nothing worth a place in the file. */
  boolean isEmpty() {
    return factors.isEmpty() && recovery == null;
  }

  /**
   * Whether a login needs a second factor. Recovery keys count even when all were used: who wanted
   * two factors does not get in with one.
   */
  boolean isNeeded() {
    return recovery != null || factors.stream().anyMatch(Factor::enabled);
  }

  public boolean isLocked(Instant now) {
    return lockedUntil > now.getEpochSecond();
  }

  public @Nullable Factor find(String id) {
    return factors.stream().filter(factor -> factor.id().equals(id)).findFirst().orElse(null);
  }

  /** The enabled ones of a kind. */
  List<Factor> enabled(FactorKind kind) {
    return factors.stream().filter(factor -> factor.kind() == kind && factor.enabled()).toList();
  }

  UserFactors with(Factor added) {
    List<Factor> more = new ArrayList<>(factors);
    more.add(added);
    return new UserFactors(more, recovery, totpLocked, lockedUntil);
  }

  UserFactors changed(String id, UnaryOperator<Factor> change) {
    List<Factor> changed =
        factors.stream()
            .map(factor -> factor.id().equals(id) ? change.apply(factor) : factor)
            .toList();
    return new UserFactors(changed, recovery, totpLocked, lockedUntil);
  }

  UserFactors without(String id) {
    List<Factor> left = factors.stream().filter(factor -> !factor.id().equals(id)).toList();
    return new UserFactors(left, recovery, totpLocked, lockedUntil);
  }

  UserFactors withRecovery(@Nullable RecoveryKeys keys) {
    return new UserFactors(factors, keys, totpLocked, lockedUntil);
  }

  UserFactors withTotpLocked(boolean locked) {
    return new UserFactors(factors, recovery, locked, lockedUntil);
  }

  UserFactors withLockedUntil(long second) {
    return new UserFactors(factors, recovery, totpLocked, second);
  }
}
