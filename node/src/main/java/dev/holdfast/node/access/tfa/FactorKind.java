package dev.holdfast.node.access.tfa;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Locale;

/** What a second factor is (spec/rest-api.md §6.9). */
public enum FactorKind {
  TOTP,
  U2F,
  WEBAUTHN,
  /** Keys that are used once each; a user has one set of them. */
  RECOVERY,
  YUBICO;

  /** As in files, parameters and answers; before the colon of a login's response, too. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static FactorKind parse(String text) {
    for (FactorKind kind : values()) {
      if (kind.text().equals(text)) {
        return kind;
      }
    }
    throw BackupException.invalid("unknown second factor '" + text + "'");
  }

  /** Whether this node can check one; the others are kept in the file and told of. */
  public boolean isUsable() {
    return this == TOTP || this == WEBAUTHN || this == RECOVERY;
  }
}
