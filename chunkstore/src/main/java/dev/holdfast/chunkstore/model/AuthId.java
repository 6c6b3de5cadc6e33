package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who calls or owns: {@code user@realm}, or one of his tokens, {@code user@realm!token}
 * (spec/rest-api.md §3).
 */
public record AuthId(String user, String realm, @Nullable String token)
    implements Comparable<AuthId> {
  public static final int USERID_LENGTH_MIN = 3;
  public static final int USERID_LENGTH_MAX = 64;

  private static final Pattern USER = Pattern.compile("[^\\s:/\\p{Cntrl}]+");

  /** The superuser, who is never stored. Made after the pattern that checks it. */
  public static final AuthId ROOT = new AuthId("root", "pam", null);

  public AuthId {
    if (!USER.matcher(user).matches()) {
      throw BackupException.invalid("invalid user name '" + user + "'");
    }
    SafeId.require(realm, "realm");
    int length = user.length() + 1 + realm.length();
    if (length < USERID_LENGTH_MIN || length > USERID_LENGTH_MAX) {
      throw BackupException.invalid(
          "invalid user id: expected "
              + USERID_LENGTH_MIN
              + " to "
              + USERID_LENGTH_MAX
              + " characters");
    }
    if (token != null) {
      SafeId.require(token, "token name");
    }
  }

  /** The last {@code @} splits the realm; {@code !} is looked for after it. */
  public static AuthId parse(String text) {
    int at = text.lastIndexOf('@');
    if (at < 0) {
      throw BackupException.invalid(
          "invalid user or token id '" + text + "': expected USER@REALM or USER@REALM!TOKEN");
    }
    String realm = text.substring(at + 1);
    int mark = realm.indexOf('!');
    return mark < 0
        ? new AuthId(text.substring(0, at), realm, null)
        : new AuthId(text.substring(0, at), realm.substring(0, mark), realm.substring(mark + 1));
  }

  public boolean isToken() {
    return token != null;
  }

  /** The user himself, or the user a token belongs to. */
  public AuthId owner() {
    return token == null ? this : new AuthId(user, realm, null);
  }

  public AuthId withToken(String name) {
    return new AuthId(user, realm, name);
  }

  /** A user acts for what his tokens own; a token acts for itself only (spec/rest-api.md §4.5). */
  public boolean mayActFor(AuthId owner) {
    return equals(owner) || (owner.isToken() && equals(owner.owner()));
  }

  @Override
  public int compareTo(AuthId other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return user + "@" + realm + (token == null ? "" : "!" + token);
  }
}
