package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** At stake: guessing passwords by the thousand does not work, and nobody else suffers for it. */
class FailedLoginsTest {
  private Instant now = Instant.parse("2026-11-24T12:00:00Z");
  private final FailedLogins logins = new FailedLogins(() -> now);
  private int looked;

  private void attempt(String address, String user, boolean right) {
    var unused =
        logins.attempt(
            address,
            user,
            () -> {
              looked++;
              if (!right) {
                throw Tickets.refused("invalid credentials");
              }
              return user;
            });
  }

  private void fail(String address, String user) {
    assertThatThrownBy(() -> attempt(address, user, false)).isInstanceOf(BackupException.class);
  }

  @Test
  void tooManyInARowWaitWithoutBeingLookedAt() {
    for (int i = 0; i < FailedLogins.IN_A_ROW_MAX; i++) {
      fail("10.0.0.1", "u@pbs");
    }
    assertThatThrownBy(() -> attempt("10.0.0.1", "u@pbs", true)).hasMessageContaining("locked out");
    assertThat(looked).isEqualTo(FailedLogins.IN_A_ROW_MAX);
    attempt("10.0.0.2", "u@pbs", true);
    attempt("10.0.0.1", "v@pbs", true);
    now = now.plus(FailedLogins.LOCK_TIME);
    attempt("10.0.0.1", "u@pbs", true);
    assertThat(logins.count("10.0.0.1", "u@pbs")).isZero();
  }

  @Test
  void attemptsDuringTheWaitDoNotMakeItLonger() {
    for (int i = 0; i < FailedLogins.IN_A_ROW_MAX; i++) {
      fail("10.0.0.1", "u@pbs");
    }
    now = now.plusSeconds(50);
    fail("10.0.0.1", "u@pbs");
    now = now.plusSeconds(10);
    attempt("10.0.0.1", "u@pbs", true);
  }

  @Test
  void logLineHasNoLineEndOfTheCallers() {
    assertThat(AuthLog.failureLine("10.0.0.1", "u\nroot@pam", "x"))
        .isEqualTo("authentication failure; rhost=[10.0.0.1] user=u?root@pam msg=x");
  }

  @Test
  void callersWhoNameNobodyAreNotLockedOutTogether() {
    for (int i = 0; i <= FailedLogins.IN_A_ROW_MAX; i++) {
      fail("10.0.0.1", FailedLogins.NOBODY);
    }
    attempt("10.0.0.1", FailedLogins.NOBODY, true);
  }
}
