package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;

/**
 * One thing that somebody may do on a path. Declared in the order of spec/rest-api.md §4.3; only
 * the names ever go over the wire.
 */
public enum Privilege {
  SYS_AUDIT("Sys.Audit"),
  SYS_MODIFY("Sys.Modify"),
  SYS_POWER_MANAGEMENT("Sys.PowerManagement"),
  DATASTORE_AUDIT("Datastore.Audit"),
  DATASTORE_ALLOCATE("Datastore.Allocate"),
  DATASTORE_MODIFY("Datastore.Modify"),
  DATASTORE_READ("Datastore.Read"),
  DATASTORE_VERIFY("Datastore.Verify"),
  DATASTORE_BACKUP("Datastore.Backup"),
  DATASTORE_PRUNE("Datastore.Prune"),
  PERMISSIONS_MODIFY("Permissions.Modify"),
  REMOTE_AUDIT("Remote.Audit"),
  REMOTE_MODIFY("Remote.Modify"),
  REMOTE_READ("Remote.Read"),
  REMOTE_DATASTORE_BACKUP("Remote.DatastoreBackup"),
  REMOTE_DATASTORE_MODIFY("Remote.DatastoreModify"),
  REMOTE_DATASTORE_PRUNE("Remote.DatastorePrune"),
  SYS_CONSOLE("Sys.Console"),
  TAPE_AUDIT("Tape.Audit"),
  TAPE_MODIFY("Tape.Modify"),
  TAPE_WRITE("Tape.Write"),
  TAPE_READ("Tape.Read"),
  REALM_ALLOCATE("Realm.Allocate");

  private final String text;

  Privilege(String text) {
    this.text = text;
  }

  public static Privilege parse(String text) {
    for (Privilege privilege : values()) {
      if (privilege.text.equals(text)) {
        return privilege;
      }
    }
    throw BackupException.invalid("unknown privilege '" + text + "'");
  }

  /** The name on the wire, {@code Datastore.Audit}. */
  public String text() {
    return text;
  }

  @Override
  public String toString() {
    return text;
  }
}
