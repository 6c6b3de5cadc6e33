package dev.holdfast.node.access.tfa;

import dev.holdfast.chunkstore.model.AuthId;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
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
  record Pending(AuthId user, String description, Instant until) {}

  private final Map<String, Pending> pending =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Pending> eldest) {
          return size() > PENDING_MAX;
        }
      };

  synchronized void add(String challenge, AuthId user, String description, Instant now) {
    pending.values().removeIf(old -> old.until().isBefore(now));
    pending.put(challenge, new Pending(user, description, now.plus(LIFETIME)));
  }

  /** Null unless that user was asked this, not long ago; the next time it is null. */
  synchronized @Nullable Pending take(String challenge, AuthId user, Instant now) {
    Pending found = pending.get(challenge);
    if (found == null || !found.user().equals(user) || found.until().isBefore(now)) {
      return null;
    }
    return pending.remove(challenge);
  }
}
