package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncConfig.Local;
import dev.holdfast.meshconfig.SyncConfig.Pull;
import dev.holdfast.meshconfig.SyncConfig.Push;
import dev.holdfast.meshconfig.SyncSection.Placed;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rules that hold between parts of the document, above all: no sync may feed or eat another. */
final class CrossChecks {
  private final Problems problems;
  private final Problems warnings;
  private final Map<String, Origin> peers = new TreeMap<>();
  private final Map<String, DatastoreName> datastores = new TreeMap<>();
  private final Map<DatastoreName, Path> paths = new LinkedHashMap<>();

  CrossChecks(Problems problems, Problems warnings) {
    this.problems = problems;
    this.warnings = warnings;
  }

  void declareDatastore(DatastoreName name) {
    datastores.put(name.text(), name);
  }

  void declarePeer(String name, Origin at) {
    peers.put(name, at);
  }

  /** A node that pulled from itself would nest its namespaces into themselves. */
  void site(String site) {
    Origin at = peers.get(site);
    if (at != null) {
      problems.add(
          at,
          MeshConfig.peerKey(site),
          "a peer with the name of this site",
          "other sites only",
          "A node is not its own peer; give 'site' the name of this machine's site.");
    }
  }

  /** Two stores in one directory would sweep each other's chunks. */
  void datastorePath(DatastoreConfig store, Field field) {
    for (Map.Entry<DatastoreName, Path> other : paths.entrySet()) {
      if (store.path().startsWith(other.getValue()) || other.getValue().startsWith(store.path())) {
        problems.add(
            field.origin("path").orElse(field.origin()),
            field.path() + ".path",
            "'" + store.path() + "'",
            "a directory apart from that of datastore '" + other.getKey() + "'",
            "That one is in '" + other.getValue() + "'.");
      }
    }
    paths.put(store.name(), store.path());
  }

  void syncs(List<Placed> syncs, boolean hasMesh) {
    for (int i = 0; i < syncs.size(); i++) {
      Placed sync = syncs.get(i);
      declared(sync);
      for (Placed earlier : syncs.subList(0, i)) {
        sameId(earlier, sync);
        sameTarget(earlier, sync);
        nestsIntoItself(earlier, sync);
      }
      neverStarts(sync, hasMesh);
    }
  }

  private void declared(Placed placed) {
    String peer = placed.sync().peer().orElseThrow();
    if (!peers.containsKey(peer)) {
      Set<String> names = peers.keySet();
      placed
          .remote()
          .fail(
              names.isEmpty() ? "a declared peer" : "one of the peers " + String.join(", ", names),
              hint(peer, names, "peers"));
    }
    Local local = placed.sync().local();
    if (!datastores.containsKey(local.store().text())) {
      Set<String> names = datastores.keySet();
      placed
          .local()
          .fail(
              names.isEmpty()
                  ? "a declared datastore"
                  : "one of the datastores " + String.join(", ", names),
              hint(local.store().text(), names, "datastores"));
    }
  }

  private static String hint(String word, Set<String> known, String section) {
    String near = Suggestion.didYouMean(word, known);
    return near.isEmpty() ? "'" + word + "' is not under '" + section + "'." : near;
  }

  private void sameId(Placed earlier, Placed later) {
    if (earlier.sync().id().equals(later.sync().id())) {
      Origin at = later.fields().get("id").map(Field::origin).orElse(later.fields().origin());
      problems.add(
          at,
          later.fields().path("id"),
          "the id '" + later.sync().id() + "' a second time",
          "an id of its own",
          "The first is in line "
              + earlier.fields().origin().line()
              + "; give one of them another 'id'.");
    }
  }

  // A datastore and namespace that a sync writes to, with the field that says so.
  private record Target(String place, Namespace ns, Field field) {}

  private static Target target(Placed placed) {
    return switch (placed.sync()) {
      case Pull pull -> new Target(pull.into().store().text(), pull.into().ns(), placed.local());
      case Push push ->
          new Target(push.to().peer() + ":" + push.to().store(), push.to().ns(), placed.remote());
    };
  }

  private static void sameTarget(Placed earlier, Placed later) {
    Target a = target(earlier);
    Target b = target(later);
    if (!a.place().equals(b.place())) {
      return;
    }
    String line = "Line " + a.field().origin().line();
    if (a.ns().equals(b.ns())) {
      b.field().fail("a target of its own", line + " has the same.");
    } else if (removes(earlier, a.ns(), b.ns()) || removes(later, b.ns(), a.ns())) {
      b.field()
          .fail(
              "a target outside of that of the other sync",
              line
                  + " and this one overlap, and 'remove-vanished' would remove what the other"
                  + " brings.");
    }
  }

  private static boolean removes(Placed outer, Namespace outerNs, Namespace innerNs) {
    return outer.sync().removeVanished()
        && outerNs.contains(innerNs)
        && innerNs.depth() - outerNs.depth() <= outer.sync().maxDepth();
  }

  /**
   * A pull and a push with the same peer form a loop when the push sends on what the pull brought
   * into a place from which the pull takes it again: unless everything returns to its own place,
   * each round nests it one step deeper.
   */
  private static void nestsIntoItself(Placed earlier, Placed later) {
    if (earlier.sync() instanceof Pull pull && later.sync() instanceof Push push) {
      nestsIntoItself(pull, push, earlier, later);
    } else if (earlier.sync() instanceof Push push && later.sync() instanceof Pull pull) {
      nestsIntoItself(pull, push, earlier, later);
    }
  }

  private static void nestsIntoItself(Pull pull, Push push, Placed earlier, Placed later) {
    boolean meets =
        pull.peer().equals(push.peer())
            && pull.from().store().equals(push.to().store())
            && pull.into().store().equals(push.from().store());
    Namespace into = pull.into().ns();
    Namespace from = push.from().ns();
    if (!meets || !(into.contains(from) || from.contains(into))) {
      return;
    }
    // The part that goes round: taken at `start`, coming back at `end`, both at the peer.
    List<String> start = pull.from().ns().components();
    List<String> end = push.to().ns().components();
    List<String> startRest = rest(into, from);
    List<String> endRest = rest(from, into);
    String takenAt = path(start, startRest);
    String backAt = path(end, endRest);
    boolean overlap = below(takenAt, backAt) || below(backAt, takenAt);
    if (overlap && !takenAt.equals(backAt)) {
      later
          .fields()
          .self()
          .fail(
              "a sync that does not feed itself",
              "Line "
                  + earlier.fields().origin().line()
                  + " and this one send namespace '"
                  + takenAt
                  + "' of "
                  + push.to().peer()
                  + " back to it as '"
                  + backAt
                  + "', one level deeper or higher each time.");
    }
  }

  // What of `inner` lies below `outer`; nothing when it is the other way round.
  private static List<String> rest(Namespace outer, Namespace inner) {
    return outer.contains(inner)
        ? inner.components().subList(outer.depth(), inner.depth())
        : List.of();
  }

  private static String path(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).collect(Collectors.joining("/"));
  }

  private static boolean below(String outer, String inner) {
    return outer.isEmpty() || inner.equals(outer) || inner.startsWith(outer + "/");
  }

  private void neverStarts(Placed placed, boolean hasMesh) {
    When when = placed.sync().when();
    if (placed.sync() instanceof Pull && when.schedule().isEmpty() && !hasMesh) {
      warnings.add(
          placed.fields().get("when").map(Field::origin).orElse(placed.fields().origin()),
          placed.fields().path("when"),
          "'event' without a 'mesh' section",
          "'both' or a schedule",
          "Events of a peer come through the mesh, so nothing will start this pull.");
    }
  }
}
