package dev.holdfast.node.access.realm;

import com.unboundid.ldap.sdk.SearchResultEntry;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.UserConfig;
import dev.holdfast.node.access.UserConfig.Entry;
import dev.holdfast.node.access.realm.SyncOptions.Vanished;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Brings the users of a directory here: new ones, changed names and addresses, and, where asked
 * for, takes away what has gone there. First it is worked out, then done at once; the log is the
 * same with and without doing it. Never on an event loop.
 */
public final class DirectorySync {
  private final AccessState access;
  private final DirectoryRealm realm;
  private final SyncOptions options;
  private final Consumer<String> log;

  /**
   * @param log gets one line for each thing that is done
   */
  public DirectorySync(
      AccessState access, DirectoryRealm realm, SyncOptions options, Consumer<String> log) {
    this.access = access;
    this.realm = realm;
    this.options = options;
    this.log = log;
  }

  /** Throws PEER_UNREACHABLE before anything was changed. */
  public void run(boolean dryRun) {
    Directory directory =
        new Directory(realm, access.realmSecrets().find(realm.name()).orElse(null));
    List<SearchResultEntry> found = directory.users();
    log.accept("found " + found.size() + " entries in realm '" + realm.name() + "'");
    SortedMap<AuthId, SearchResultEntry> there = byId(found);
    Set<AuthId> vanished = new TreeSet<>();
    for (Entry user : access.control().users().value().users()) {
      if (user.id().realm().equals(realm.name()) && !there.containsKey(user.id())) {
        vanished.add(user.id());
      }
    }
    if (dryRun) {
      var unused = changed(access.control().users().value(), there);
      vanished.forEach(this::tell);
      log.accept("dry run: nothing was changed");
      return;
    }
    access.control().users().update(users -> changed(users, there));
    vanished.forEach(this::tell);
    if (options.remove().contains(Vanished.ENTRY)) {
      vanished.forEach(user -> access.remove(user, null));
    } else if (options.remove().contains(Vanished.ACL)) {
      vanished.forEach(user -> access.control().acl().update(acl -> acl.without(user)));
    }
  }

  private SortedMap<AuthId, SearchResultEntry> byId(List<SearchResultEntry> entries) {
    SortedMap<AuthId, SearchResultEntry> users = new TreeMap<>();
    for (SearchResultEntry entry : entries) {
      String name = entry.getAttributeValue(realm.userAttribute());
      try {
        users.put(new AuthId(String.valueOf(name), realm.name(), null), entry);
      } catch (BackupException e) {
        log.accept("skipped '" + entry.getDN() + "': " + e.text());
      }
    }
    return users;
  }

  private UserConfig changed(UserConfig users, SortedMap<AuthId, SearchResultEntry> there) {
    UserConfig result = users;
    for (Map.Entry<AuthId, SearchResultEntry> each : there.entrySet()) {
      Entry old = result.find(each.getKey());
      Entry user = old == null ? fresh(each.getKey()) : old;
      Entry changed = withProperties(user, each.getValue());
      if (old == null || !changed.equals(old)) {
        log.accept((old == null ? "creating user " : "updating user ") + each.getKey());
        result = result.with(changed);
      }
    }
    return result;
  }

  private Entry fresh(AuthId id) {
    Entry user = Entry.of(id);
    return options.enableNew() ? user : user.with("enable", "false");
  }

  private Entry withProperties(Entry user, SearchResultEntry entry) {
    Entry changed = user;
    for (Map.Entry<String, String> each : realm.attributes().entrySet()) {
      String value = entry.getAttributeValue(each.getValue());
      if (value != null && UserConfig.isProperty(value)) {
        changed = changed.with(each.getKey(), value.strip());
      } else if (options.remove().contains(Vanished.PROPERTIES)) {
        changed = changed.with(each.getKey(), null);
      }
    }
    return changed;
  }

  private void tell(AuthId user) {
    boolean entry = options.remove().contains(Vanished.ENTRY);
    boolean acl = entry || options.remove().contains(Vanished.ACL);
    log.accept(
        entry
            ? "removing user " + user
            : (acl ? "removing access control entries of " : "keeping vanished user ") + user);
  }
}
