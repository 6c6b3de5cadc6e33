package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;

/**
 * What one site holds of one group. Only that site writes it, so two halves of a split mesh never
 * disagree about it.
 *
 * @param newestTime backup time of the newest restorable snapshot, seconds since the epoch
 * @param restorableAtMillis when it became restorable at the site, milliseconds since the epoch
 * @param transferMillis how long its transfer to the site took; 0 where it was backed up
 * @param transferBytes how many bytes crossed for it; 0 where it was backed up
 */
public record SiteStatus(
    String site,
    DatastoreName datastore,
    Namespace namespace,
    GroupId group,
    long newestTime,
    long restorableAtMillis,
    long transferMillis,
    long transferBytes) {

  public SiteStatus {
    SafeId.require(site, "site");
    if (newestTime < 0 || restorableAtMillis < 0 || transferMillis < 0 || transferBytes < 0) {
      throw BackupException.invalid("invalid status of site " + site + ": a number is negative");
    }
  }

  /** Site, store, namespace and group in one text: {@code lyon:main:a/web:host/x}. */
  public String key() {
    return site + ":" + datastore + ":" + namespace + ":" + group;
  }

  /** One writer per key: a site speaks for itself only. */
  void requireWriter(String writer) {
    if (!site.equals(writer)) {
      throw new IllegalArgumentException(
          "site " + writer + " cannot announce a status of site " + site);
    }
  }
}
