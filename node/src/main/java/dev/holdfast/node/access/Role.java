package dev.holdfast.node.access;

import static dev.holdfast.node.access.Privilege.DATASTORE_AUDIT;
import static dev.holdfast.node.access.Privilege.DATASTORE_BACKUP;
import static dev.holdfast.node.access.Privilege.DATASTORE_MODIFY;
import static dev.holdfast.node.access.Privilege.DATASTORE_PRUNE;
import static dev.holdfast.node.access.Privilege.DATASTORE_READ;
import static dev.holdfast.node.access.Privilege.DATASTORE_VERIFY;
import static dev.holdfast.node.access.Privilege.REMOTE_AUDIT;
import static dev.holdfast.node.access.Privilege.REMOTE_DATASTORE_BACKUP;
import static dev.holdfast.node.access.Privilege.REMOTE_DATASTORE_MODIFY;
import static dev.holdfast.node.access.Privilege.REMOTE_DATASTORE_PRUNE;
import static dev.holdfast.node.access.Privilege.REMOTE_MODIFY;
import static dev.holdfast.node.access.Privilege.REMOTE_READ;
import static dev.holdfast.node.access.Privilege.SYS_AUDIT;
import static dev.holdfast.node.access.Privilege.TAPE_AUDIT;
import static dev.holdfast.node.access.Privilege.TAPE_MODIFY;
import static dev.holdfast.node.access.Privilege.TAPE_READ;
import static dev.holdfast.node.access.Privilege.TAPE_WRITE;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A named set of privileges, as access control entries grant them (spec/rest-api.md §4.3). */
public enum Role {
  ADMIN("Admin", "Administrator"),
  AUDIT("Audit", "Auditor"),
  NO_ACCESS("NoAccess", "Disable Access"),
  DATASTORE_ADMIN("DatastoreAdmin", "Datastore Administrator"),
  DATASTORE_READER(
      "DatastoreReader", "Datastore Reader (inspect datastore content and do restores)"),
  DATASTORE_BACKUP_ROLE("DatastoreBackup", "Datastore Backup (backup and restore owned backups)"),
  DATASTORE_POWER_USER(
      "DatastorePowerUser", "Datastore PowerUser (backup, restore and prune owned backup)"),
  DATASTORE_AUDIT_ROLE("DatastoreAudit", "Datastore Auditor"),
  REMOTE_AUDIT_ROLE("RemoteAudit", "Remote Auditor"),
  REMOTE_ADMIN("RemoteAdmin", "Remote Administrator"),
  REMOTE_SYNC_OPERATOR("RemoteSyncOperator", "Synchronisation Operator (pull)"),
  REMOTE_SYNC_PUSH_OPERATOR("RemoteSyncPushOperator", "Synchronisation Operator (push)"),
  REMOTE_DATASTORE_POWER_USER("RemoteDatastorePowerUser", "Remote Datastore PowerUser"),
  REMOTE_DATASTORE_ADMIN("RemoteDatastoreAdmin", "Remote Datastore Administrator"),
  TAPE_AUDIT_ROLE("TapeAudit", "Tape Auditor"),
  TAPE_ADMIN("TapeAdmin", "Tape Administrator"),
  TAPE_OPERATOR("TapeOperator", "Tape Operator"),
  TAPE_READER("TapeReader", "Tape Reader");

  private final String text;
  private final String comment;

  Role(String text, String comment) {
    this.text = text;
    this.comment = comment;
  }

  public static Role parse(String text) {
    for (Role role : values()) {
      if (role.text.equals(text)) {
        return role;
      }
    }
    throw BackupException.invalid("unknown role '" + text + "'");
  }

  /** The names of all roles, for parameter checks. */
  public static List<String> texts() {
    return List.of(values()).stream().map(Role::text).toList();
  }

  /** The name in files and on the wire. */
  public String text() {
    return text;
  }

  public String comment() {
    return comment;
  }

  /** In bit order. */
  public Set<Privilege> privileges() {
    return switch (this) {
      case ADMIN -> Collections.unmodifiableSet(EnumSet.allOf(Privilege.class));
      case NO_ACCESS -> Set.of();
      case AUDIT -> of(SYS_AUDIT, DATASTORE_AUDIT);
      case DATASTORE_ADMIN ->
          of(
              DATASTORE_AUDIT,
              DATASTORE_MODIFY,
              DATASTORE_READ,
              DATASTORE_VERIFY,
              DATASTORE_BACKUP,
              DATASTORE_PRUNE);
      case DATASTORE_READER -> of(DATASTORE_AUDIT, DATASTORE_VERIFY, DATASTORE_READ);
      case DATASTORE_BACKUP_ROLE -> of(DATASTORE_BACKUP);
      case DATASTORE_POWER_USER -> of(DATASTORE_PRUNE, DATASTORE_BACKUP);
      case DATASTORE_AUDIT_ROLE -> of(DATASTORE_AUDIT);
      case REMOTE_AUDIT_ROLE -> of(REMOTE_AUDIT);
      case REMOTE_ADMIN -> of(REMOTE_AUDIT, REMOTE_MODIFY, REMOTE_READ);
      case REMOTE_SYNC_OPERATOR -> of(REMOTE_AUDIT, REMOTE_READ);
      case REMOTE_SYNC_PUSH_OPERATOR -> of(REMOTE_AUDIT, REMOTE_DATASTORE_BACKUP);
      case REMOTE_DATASTORE_POWER_USER ->
          of(REMOTE_AUDIT, REMOTE_DATASTORE_BACKUP, REMOTE_DATASTORE_PRUNE);
      case REMOTE_DATASTORE_ADMIN ->
          of(
              REMOTE_AUDIT,
              REMOTE_DATASTORE_BACKUP,
              REMOTE_DATASTORE_MODIFY,
              REMOTE_DATASTORE_PRUNE);
      case TAPE_AUDIT_ROLE -> of(TAPE_AUDIT);
      case TAPE_ADMIN -> of(TAPE_AUDIT, TAPE_MODIFY, TAPE_WRITE, TAPE_READ);
      case TAPE_OPERATOR -> of(TAPE_AUDIT, TAPE_READ, TAPE_WRITE);
      case TAPE_READER -> of(TAPE_AUDIT, TAPE_READ);
    };
  }

  @Override
  public String toString() {
    return text;
  }

  private static Set<Privilege> of(Privilege... privileges) {
    return Collections.unmodifiableSet(EnumSet.copyOf(List.of(privileges)));
  }
}
