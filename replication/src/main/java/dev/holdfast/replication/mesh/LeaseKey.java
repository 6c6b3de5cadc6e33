package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;

/** What a lease is for: one transfer into one group of one store of one site, whoever starts it. */
public record LeaseKey(
    String targetSite, DatastoreName datastore, Namespace namespace, GroupId group) {

  public LeaseKey {
    SafeId.require(targetSite, "site");
  }

  /** {@code paris:main:a/web:host/x}; no part can hold a colon. */
  @Override
  public String toString() {
    return targetSite + ":" + datastore + ":" + namespace + ":" + group;
  }
}
