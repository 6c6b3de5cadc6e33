package dev.holdfast.node.access;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import java.time.InstantSource;
import java.util.Set;

/**
 * Who may do what where. {@code root@pam} may everything; a token may at most what its user may
 * (spec/rest-api.md §4.2). Reads the files' present state at each question; any thread.
 */
public final class AccessControl {
  private final StateFile<UserConfig> users;
  private final StateFile<Acl> acl;
  private final InstantSource clock;

  public AccessControl(StateFile<UserConfig> users, StateFile<Acl> acl, InstantSource clock) {
    this.users = users;
    this.acl = acl;
    this.clock = clock;
  }

  /** The path of a namespace in the access control list. */
  public static String path(DatastoreName store, Namespace namespace) {
    return "/datastore/" + store + (namespace.isRoot() ? "" : "/" + namespace);
  }

  public StateFile<UserConfig> users() {
    return users;
  }

  public StateFile<Acl> acl() {
    return acl;
  }

  /** Exists, enabled and not expired. */
  public boolean active(AuthId id) {
    return users.value().active(id, clock.instant());
  }

  public Set<Privilege> privileges(AuthId id, String path) {
    return rights(id, path).all();
  }

  public Rights rights(AuthId id, String path) {
    return rights(acl.value(), id, path);
  }

  /** True when he has at least one of the privileges there. */
  public boolean any(AuthId id, String path, Set<Privilege> wanted) {
    return rights(id, path).any(wanted);
  }

  /** True when he has at least one of the privileges on some path strictly below. */
  public boolean anyBelow(AuthId id, String path, Set<Privilege> wanted) {
    Acl list = acl.value();
    return list.pathsBelow(path).stream().anyMatch(below -> rights(list, id, below).any(wanted));
  }

  static Rights rights(Acl acl, AuthId id, String path) {
    if (id.equals(AuthId.ROOT)) {
      return Rights.EVERYTHING;
    }
    Rights own = acl.rightsOf(id, path);
    return id.isToken() ? own.and(rights(acl, id.owner(), path)) : own;
  }
}
