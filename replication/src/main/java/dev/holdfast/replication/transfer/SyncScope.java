package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import org.jspecify.annotations.Nullable;

/**
 * How much of a sync one run looks at: all of it, or one group, about which an event told
 * something.
 *
 * @param namespace at the source; null together with {@code group} = everything
 */
public record SyncScope(@Nullable Namespace namespace, @Nullable GroupId group) {
  public static final SyncScope ALL = new SyncScope(null, null);

  public SyncScope {
    if ((namespace == null) != (group == null)) {
      throw new IllegalArgumentException("a scope is everything or one group");
    }
  }

  public static SyncScope of(Namespace source, GroupId group) {
    return new SyncScope(source, group);
  }

  public boolean isAll() {
    return group == null;
  }

  @Override
  public String toString() {
    return group == null ? "everything" : group + " in namespace '" + namespace + "'";
  }
}
