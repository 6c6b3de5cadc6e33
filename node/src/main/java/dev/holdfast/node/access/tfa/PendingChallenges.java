package dev.holdfast.node.access.tfa;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.ShortLived;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Questions that browsers were asked and have not answered, each good for one answer of its user.
 * Any thread.
 */
final class PendingChallenges {
  static final Duration LIFETIME = Duration.ofMinutes(2);

  /** Whoever knows a password may ask for many; the oldest are forgotten. */
  private static final int PENDING_MAX = 1000;

  /**
   * @param description of the authenticator to be registered, empty for a login
   */
  record Pending(AuthId user, String description) {}

  private final ShortLived<Pending> pending = new ShortLived<>(LIFETIME, PENDING_MAX);

  void add(String challenge, AuthId user, String description, Instant now) {
    pending.add(challenge, new Pending(user, description), now);
  }

  /** Null unless that user was asked this, not long ago; the next time it is null. */
  synchronized @Nullable Pending take(String challenge, AuthId user, Instant now) {
    Pending found = pending.find(challenge, now);
    return found != null && found.user().equals(user) ? pending.take(challenge, now) : null;
  }
}
