package dev.holdfast.node.access.realm;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.RealmConfig;
import dev.holdfast.node.access.RealmSecrets;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateFile;

/** Passwords of users whose realm is a directory. Asks it and waits: never on an event loop. */
public final class DirectoryPasswords {
  private final StateFile<RealmConfig> realms;
  private final RealmSecrets secrets;

  public DirectoryPasswords(StateFile<RealmConfig> realms, RealmSecrets secrets) {
    this.realms = realms;
    this.secrets = secrets;
  }

  /**
   * Throws UNAUTHENTICATED, with the reason for the log, also when the directory cannot be asked:
   * nobody is let in on a guess.
   */
  public void check(AuthId user, Secret password) {
    Section section = realms.value().find(user.realm());
    if (section == null) {
      throw refused("no such realm '" + user.realm() + "'");
    }
    if (section.type().equals(OpenIdRealm.TYPE)) {
      throw refused("realm '" + user.realm() + "' has no passwords");
    }
    try {
      new Directory(DirectoryRealm.of(section), secrets.find(user.realm()).orElse(null))
          .checkPassword(user.user(), password);
    } catch (BackupException e) {
      throw e.kind() == Kind.UNAUTHENTICATED
          ? e
          : new BackupException(Kind.UNAUTHENTICATED, e.text(), e);
    }
  }

  private static BackupException refused(String reason) {
    return new BackupException(Kind.UNAUTHENTICATED, reason);
  }
}
