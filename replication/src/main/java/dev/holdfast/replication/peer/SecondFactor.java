package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import java.util.Set;

/** Answers for a user whose password is not enough (spec/protocols.md §2.7). */
@FunctionalInterface
public interface SecondFactor {
  /** A program's: tells what to do instead. */
  SecondFactor NOBODY =
      (user, offered) -> {
        throw new BackupException(
                Kind.UNAUTHENTICATED, "login of '" + user + "' needs a second factor")
            .advise("Use an API token for this user.");
      };

  /**
   * Called once a login, by the thread that waits for it; may ask a person.
   *
   * @param offered kinds that the server takes: {@code totp}, {@code recovery}, {@code webauthn} …
   * @return {@code KIND:VALUE}
   */
  Secret answer(AuthId user, Set<String> offered);
}
