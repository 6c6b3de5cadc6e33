package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;
import java.util.ArrayList;
import java.util.List;

/** Namespaces as directories: one exists when its directory does, and has no other data. */
final class Namespaces {
  /** What PBS answers for a namespace that is not there (spec/protocols.md §7.3). */
  static final String ABSENT = "ENOENT: No such file or directory";

  /** PBS refuses the root in both directions with this one sentence (spec/protocols.md §7.4). */
  static final String ROOT_REFUSED = "Cannot create/delete root namespace!";

  private final StoreContext store;

  Namespaces(StoreContext store) {
    this.store = store;
  }

  boolean exists(Namespace namespace) {
    return Directories.isDirectory(store.files(), store.layout().namespace(namespace));
  }

  void require(Namespace namespace) {
    if (!exists(namespace)) {
      throw BackupException.notFound(ABSENT)
          .with("datastore", store.name())
          .with("namespace", namespace);
    }
  }

  /**
   * The parent first, whether it exists or not (as PBS), then what is below it in pre-order,
   * siblings by name, down to {@code maxDepth} levels below.
   */
  List<Namespace> list(Namespace parent, int maxDepth) {
    List<Namespace> found = new ArrayList<>();
    collect(parent, Math.min(maxDepth, Namespace.DEPTH_MAX - parent.depth()), found);
    return found;
  }

  private void collect(Namespace namespace, int levels, List<Namespace> found) {
    found.add(namespace);
    if (levels <= 0) {
      return;
    }
    var children = store.layout().children(namespace);
    Directories.names(store.files(), children).stream()
        .filter(SafeId::isSafe)
        .filter(name -> fits(namespace, name))
        .filter(name -> Directories.isDirectory(store.files(), children.resolve(name)))
        .sorted()
        .forEach(name -> collect(namespace.child(name), levels - 1, found));
  }

  // A directory that would make too long a name cannot be a namespace.
  private static boolean fits(Namespace namespace, String name) {
    return namespace.toString().length() + 1 + name.length() <= Namespace.LENGTH_MAX;
  }

  /** Idempotent; the parent must exist. */
  void create(Namespace namespace) {
    Namespace parent = namespace.parent();
    if (parent == null) {
      throw BackupException.invalid(ROOT_REFUSED);
    }
    store.tree().lock();
    try {
      if (!exists(parent)) {
        throw BackupException.invalid(
                "cannot create new namespace, parent " + parent + " doesn't already exists")
            .with("namespace", namespace);
      }
      Directories.ensure(store.files(), store.layout().children(parent));
      Directories.ensure(store.files(), store.layout().namespace(namespace));
    } finally {
      store.tree().unlock();
    }
  }

  /** Idempotent; makes missing parents too. */
  void createAll(Namespace namespace) {
    for (int depth = 1; depth <= namespace.depth(); depth++) {
      create(new Namespace(namespace.components().subList(0, depth)));
    }
  }
}
