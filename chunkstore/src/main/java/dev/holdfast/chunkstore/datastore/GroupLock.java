package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;

/**
 * The exclusive right to add to or take from a group. A group that was made for this lock and got
 * no snapshot is removed when the lock is closed.
 */
public final class GroupLock implements Lease {
  private final Namespace namespace;
  private final GroupId group;
  private final AuthId owner;
  private final boolean created;
  private final Lease release;

  GroupLock(Namespace namespace, GroupId group, AuthId owner, boolean created, Lease release) {
    this.namespace = namespace;
    this.group = group;
    this.owner = owner;
    this.created = created;
    this.release = release;
  }

  public Namespace namespace() {
    return namespace;
  }

  public GroupId group() {
    return group;
  }

  /** Who owns the group; the caller compares. For a new group the one given when locking. */
  public AuthId owner() {
    return owner;
  }

  /** Whether locking made the group. */
  public boolean created() {
    return created;
  }

  @Override
  public void close() {
    release.close();
  }
}
