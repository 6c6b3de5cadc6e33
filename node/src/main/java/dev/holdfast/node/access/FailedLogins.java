package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Counts failed logins per address and user. Each is answered late; after too many in a row that
 * address is refused for that user without a look at what it shows, until some time has passed. Any
 * thread.
 */
public final class FailedLogins {
  /** An attacker with many addresses must not fill the heap; the oldest pair is forgotten. */
  private static final int PAIRS_MAX = 10_000;

  /**
   * For callers who name no user: what they show, a ticket or a provider's code, cannot be guessed.
   * So they are counted, but never locked out, with everybody else at their address.
   */
  public static final String NOBODY = "-";

  /** More than a person's mistyped passwords. */
  static final int IN_A_ROW_MAX = 20;

  static final Duration LOCK_TIME = Duration.ofMinutes(1);

  private record Pair(String address, String user) {}

  private record Count(int inARow, Instant last) {}

  private final InstantSource clock;
  private final Map<Pair, Count> counts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pair, Count> eldest) {
          return size() > PAIRS_MAX;
        }
      };

  FailedLogins(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Runs a login and counts and logs how it went. Throws what it throws, and UNAUTHENTICATED
   * without running it while there were too many; that is no further failure.
   */
  public <T> T attempt(String address, String user, Supplier<T> login) {
    try {
      requireOpen(address, user);
    } catch (BackupException e) {
      AuthLog.failed(address, user, e.text(), count(address, user));
      throw e;
    }
    try {
      T result = login.get();
      succeeded(address, user);
      return result;
    } catch (BackupException e) {
      if (e.kind() == Kind.UNAUTHENTICATED) {
        AuthLog.failed(address, user, e.text(), failed(address, user));
      }
      throw e;
    }
  }

  private synchronized void requireOpen(String address, String user) {
    Count count = counts.get(new Pair(address, user));
    if (count != null
        && !user.equals(NOBODY)
        && count.inARow() >= IN_A_ROW_MAX
        && clock.instant().isBefore(count.last().plus(LOCK_TIME))) {
      throw new BackupException(Kind.UNAUTHENTICATED, "locked out after too many failures");
    }
  }

  /** Returns how many there were in a row, this one included. */
  private synchronized int failed(String address, String user) {
    Pair pair = new Pair(address, user);
    Count count = new Count(count(address, user) + 1, clock.instant());
    counts.put(pair, count);
    return count.inARow();
  }

  private synchronized void succeeded(String address, String user) {
    counts.remove(new Pair(address, user));
  }

  public synchronized int count(String address, String user) {
    Count count = counts.get(new Pair(address, user));
    return count == null ? 0 : count.inARow();
  }
}
