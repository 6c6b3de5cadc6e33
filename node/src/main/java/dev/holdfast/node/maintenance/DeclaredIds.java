package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.HashSet;
import java.util.Set;

/**
 * Gives the jobs of {@code mesh.yaml} that have no names of their own one: {@code mesh-STORE} or
 * {@code mesh-STORE-NAMESPACE}, the same at every start, since a job's state goes by it.
 */
final class DeclaredIds {
  /** With room for a number, below what the API takes for an id. */
  private static final int LENGTH_MAX = 120;

  private final Set<String> given = new HashSet<>();

  String next(DatastoreName store, Namespace namespace) {
    String place =
        "mesh-" + store + (namespace.isRoot() ? "" : "-" + namespace.toString().replace('/', '-'));
    String base = place.length() > LENGTH_MAX ? place.substring(0, LENGTH_MAX) : place;
    String id = base;
    for (int number = 2; !given.add(id); number++) {
      id = base + "-" + number;
    }
    return id;
  }
}
