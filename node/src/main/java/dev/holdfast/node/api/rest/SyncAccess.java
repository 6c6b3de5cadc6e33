package dev.holdfast.node.api.rest;

import static dev.holdfast.node.access.Privilege.DATASTORE_AUDIT;
import static dev.holdfast.node.access.Privilege.DATASTORE_BACKUP;
import static dev.holdfast.node.access.Privilege.DATASTORE_MODIFY;
import static dev.holdfast.node.access.Privilege.DATASTORE_PRUNE;
import static dev.holdfast.node.access.Privilege.DATASTORE_READ;
import static dev.holdfast.node.access.Privilege.REMOTE_AUDIT;
import static dev.holdfast.node.access.Privilege.REMOTE_DATASTORE_BACKUP;
import static dev.holdfast.node.access.Privilege.REMOTE_DATASTORE_PRUNE;
import static dev.holdfast.node.access.Privilege.REMOTE_READ;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.job.SyncJobConfig;
import java.util.Set;

/** Who may see and change which sync job (spec/rest-api.md §4.7). */
final class SyncAccess {
  private final AccessControl access;

  SyncAccess(AccessControl access) {
    this.access = access;
  }

  boolean maySee(AuthId caller, SyncJobConfig job) {
    if (!all(caller, target(job), DATASTORE_AUDIT)) {
      return false;
    }
    String remote = job.value("remote");
    if (remote == null) {
      return all(caller, "/datastore/" + job.remoteStore(), DATASTORE_AUDIT);
    }
    return all(caller, job.isPush() ? remoteNamespace(job) : "/remote/" + remote, REMOTE_AUDIT);
  }

  /**
   * As {@link #requireChange}, for who does once what a job would: of a datastore here he must be
   * allowed to read something, at least his own; a job is asked for that when it runs.
   */
  void requireOnce(AuthId caller, SyncJobConfig job) {
    requireChange(caller, job);
    boolean fromHere = job.value("remote") == null;
    if (fromHere
        && !readsSomething(caller, GroupAccess.path(job.remoteStore(), job.remoteNamespace()))) {
      throw BackupException.invalid("permission check failed");
    }
  }

  private boolean readsSomething(AuthId caller, String path) {
    return all(caller, path, DATASTORE_BACKUP) || all(caller, path, DATASTORE_READ);
  }

  /** Throws INVALID_INPUT, which is how real servers say this. */
  void requireChange(AuthId caller, SyncJobConfig job) {
    if (!(job.isPush() ? mayPush(caller, job) : mayPull(caller, job))) {
      throw BackupException.invalid("permission check failed");
    }
  }

  private boolean mayPull(AuthId caller, SyncJobConfig job) {
    String target = target(job);
    return all(caller, target, DATASTORE_AUDIT, DATASTORE_BACKUP)
        && (!job.removeVanished() || all(caller, target, DATASTORE_PRUNE))
        && (caller.mayActFor(job.owner()) || all(caller, target, DATASTORE_MODIFY))
        && (job.value("remote") == null || all(caller, remoteStore(job), REMOTE_READ));
  }

  private boolean mayPush(AuthId caller, SyncJobConfig job) {
    String source = target(job);
    // Real servers refuse a push without a remote by this text, too.
    if (job.value("remote") == null
        || !mayPushThere(caller, job)
        || !all(caller, source, DATASTORE_AUDIT)) {
      return false;
    }
    return all(caller, source, DATASTORE_READ)
        || (all(caller, source, DATASTORE_BACKUP)
            && (caller.mayActFor(job.owner()) || all(caller, source, DATASTORE_MODIFY)));
  }

  private boolean mayPushThere(AuthId caller, SyncJobConfig job) {
    String there = remoteNamespace(job);
    return all(caller, there, REMOTE_DATASTORE_BACKUP)
        && (!job.removeVanished() || all(caller, there, REMOTE_DATASTORE_PRUNE));
  }

  private boolean all(AuthId caller, String path, Privilege... wanted) {
    return access.privileges(caller, path).containsAll(Set.of(wanted));
  }

  /** Our side, whichever way it goes. */
  private static String target(SyncJobConfig job) {
    return GroupAccess.path(job.store(), job.namespace());
  }

  private static String remoteStore(SyncJobConfig job) {
    return "/remote/" + job.value("remote") + "/" + job.remoteStore();
  }

  private static String remoteNamespace(SyncJobConfig job) {
    Namespace namespace = job.remoteNamespace();
    return remoteStore(job) + (namespace.isRoot() ? "" : "/" + namespace);
  }
}
