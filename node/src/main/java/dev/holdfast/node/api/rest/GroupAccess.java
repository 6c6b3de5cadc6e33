package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.Endpoint.Rule;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The two questions of spec/rest-api.md §4.5 and §4.6: may somebody do a thing with every group of
 * a namespace, or with his own only; and may he know that a namespace is there.
 */
public final class GroupAccess {
  /** One of these makes a namespace visible. */
  public static final Set<Privilege> NAMESPACE_VISIBLE =
      Collections.unmodifiableSet(
          EnumSet.of(
              Privilege.DATASTORE_MODIFY,
              Privilege.DATASTORE_READ,
              Privilege.DATASTORE_BACKUP,
              Privilege.DATASTORE_AUDIT));

  private final AccessControl access;

  public GroupAccess(AccessControl access) {
    this.access = access;
  }

  /** The path of a namespace in the access control list. */
  public static String path(DatastoreName store, Namespace namespace) {
    return AccessControl.path(store, namespace);
  }

  /**
   * What an operation asks for: one of the first on the namespace, or one of the second there and
   * to own the group.
   */
  public record Need(Set<Privilege> full, Set<Privilege> partial) {
    public Need {
      full = Set.copyOf(full);
      partial = Set.copyOf(partial);
    }

    /** For the table of endpoints; the handler calls {@link #scope}. */
    public Rule rule() {
      String where = " on /datastore/{store}/{ns}";
      String own = names(partial) + where + " and to own the group";
      return Rule.inside(full.isEmpty() ? own : names(full) + where + ", or " + own);
    }
  }

  private static String names(Set<Privilege> privileges) {
    return privileges.stream().sorted().map(Privilege::text).collect(Collectors.joining(" or "));
  }

  /** What a check found: the caller may on every group, or on his own. */
  public record Scope(AuthId caller, boolean all) {
    /** Throws INVALID_INPUT when the group is somebody else's and the scope is not all. */
    public void check(Datastore store, Namespace namespace, GroupId group) {
      if (!all) {
        checkOwner(caller, store.owner(namespace, group));
      }
    }

    public boolean covers(AuthId owner) {
      return all || caller.mayActFor(owner);
    }
  }

  public static void checkOwner(AuthId caller, AuthId owner) {
    if (!caller.mayActFor(owner)) {
      throw BackupException.invalid("backup owner check failed (" + caller + " != " + owner + ")");
    }
  }

  /** Of the call's datastore and namespace. Throws PERMISSION naming what is missing. */
  public Scope scope(ApiCall call, Need need) {
    return scope(call.who(), call.params().store(), call.params().namespace(), need);
  }

  /** As the other, of any datastore and namespace. */
  public Scope scope(AuthId caller, DatastoreName store, Namespace namespace, Need need) {
    String path = path(store, namespace);
    Rights rights = access.rights(caller, path);
    if (rights.any(need.full())) {
      return new Scope(caller, true);
    }
    if (rights.any(need.partial())) {
      return new Scope(caller, false);
    }
    throw missing(path, need.full(), need.partial());
  }

  public boolean sees(AuthId caller, DatastoreName store, Namespace namespace) {
    return access.any(caller, path(store, namespace), NAMESPACE_VISIBLE);
  }

  /** Throws PERMISSION unless he may change namespaces below the parent. */
  public void requireModify(AuthId caller, DatastoreName store, Namespace parent) {
    Set<Privilege> wanted = Set.of(Privilege.DATASTORE_MODIFY);
    if (!access.any(caller, path(store, parent), wanted)) {
      throw missing(path(store, parent), wanted, Set.of());
    }
  }

  private static BackupException missing(String path, Set<Privilege> full, Set<Privilege> partial) {
    String names =
        Stream.concat(full.stream().sorted(), partial.stream().sorted())
            .map(Privilege::text)
            .distinct()
            .collect(Collectors.joining("|"));
    return new BackupException(
        Kind.PERMISSION, "permission check failed - missing " + names + " on " + path);
  }
}
