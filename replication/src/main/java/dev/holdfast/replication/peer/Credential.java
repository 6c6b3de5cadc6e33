package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;

/** How we prove who we are to another node. */
public sealed interface Credential {
  /** An API token: one header, no login call (spec/protocols.md §2.6). */
  record Token(AuthId id, Secret secret) implements Credential {
    public Token {
      if (!id.isToken()) {
        throw BackupException.invalid("'" + id + "' is no API token: expected USER@REALM!TOKEN");
      }
    }
  }

  /**
   * A user's password, or a ticket of his, which the login call takes in its place (§2.2).
   *
   * @param second what answers when the password alone is not enough
   */
  record Password(AuthId user, Secret password, SecondFactor second) implements Credential {
    /** For programs: nobody is there to answer. */
    public Password(AuthId user, Secret password) {
      this(user, password, SecondFactor.NOBODY);
    }

    public Password {
      if (user.isToken()) {
        throw BackupException.invalid(
            "'" + user + "' is an API token: it has a secret, not a password");
      }
    }
  }

  /**
   * Access to the state directory of the node we call: its administrator. Only for our own nodes.
   */
  record Local(Secret secret) implements Credential {}
}
