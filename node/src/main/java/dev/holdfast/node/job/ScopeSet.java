package dev.holdfast.node.job;

import dev.holdfast.replication.transfer.SyncScope;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a sync should look at, each group once and in the order of asking. Not thread-safe. */
final class ScopeSet {
  /** More groups than this: looking at everything is cheaper. */
  static final int GROUPS_MAX = 64;

  private final Set<SyncScope> scopes = new LinkedHashSet<>();

  void add(SyncScope scope) {
    if (scopes.contains(SyncScope.ALL) || scopes.contains(scope)) {
      return;
    }
    if (scope.isAll() || scopes.size() == GROUPS_MAX) {
      scopes.clear();
      scopes.add(SyncScope.ALL);
    } else {
      scopes.add(scope);
    }
  }

  void addAll(Collection<SyncScope> more) {
    more.forEach(this::add);
  }

  /** It is being looked at. */
  void remove(Collection<SyncScope> covered) {
    if (covered.contains(SyncScope.ALL)) {
      scopes.clear();
    } else {
      scopes.removeAll(List.copyOf(covered));
    }
  }

  boolean isEmpty() {
    return scopes.isEmpty();
  }

  boolean isAll() {
    return scopes.contains(SyncScope.ALL);
  }

  /** Empties it. */
  List<SyncScope> take() {
    List<SyncScope> taken = List.copyOf(scopes);
    scopes.clear();
    return taken;
  }
}
