package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Small views from few names and times, so that any two of them overlap. */
final class RandomViews {
  static final AuthId OWNER = AuthId.ROOT;

  private static final AuthId OTHER = AuthId.parse("other@pbs");
  private static final List<String> NAMESPACES =
      List.of("", "a", "a/b", "a/b/c", "b", "b/a", "c/d/e/f/g", "c/d/e/f/g/h/i");
  private static final List<String> GROUPS = List.of("vm/1", "ct/2", "host/x");
  private static final int TIME_MAX = 6;

  private final Random random;

  RandomViews(Random random) {
    this.random = random;
  }

  SiteView view() {
    Map<Namespace, Map<GroupId, GroupView>> all = new HashMap<>();
    for (String name : NAMESPACES) {
      if (random.nextBoolean()) {
        Namespace ns = Namespace.parse(name);
        all.put(ns, groups());
        for (@Nullable Namespace at = ns.parent(); at != null; at = at.parent()) {
          all.putIfAbsent(at, Map.of());
        }
      }
    }
    return SiteView.of(all);
  }

  private Map<GroupId, GroupView> groups() {
    Map<GroupId, GroupView> groups = new TreeMap<>();
    for (String name : GROUPS) {
      if (random.nextInt(3) > 0) {
        groups.put(GroupId.parse(name), group());
      }
    }
    return groups;
  }

  private GroupView group() {
    TreeMap<Long, SnapshotView> snapshots = new TreeMap<>();
    TreeSet<Long> removed = new TreeSet<>();
    for (long time = 1; time <= TIME_MAX; time++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> snapshots.put(time, SnapshotView.finished(time, listing()));
        case 3 ->
            snapshots.put(
                time,
                new SnapshotView(
                    time, true, random.nextBoolean(), random.nextBoolean(), listing()));
        case 4 -> snapshots.put(time, SnapshotView.unfinished(time));
        case 5 -> removed.add(time);
        default -> {
          // not there
        }
      }
    }
    return new GroupView(random.nextInt(5) == 0 ? OTHER : OWNER, snapshots, removed);
  }

  private Listing listing() {
    TreeMap<String, Listing.FileFact> files = new TreeMap<>();
    for (String name : List.of("a.didx", "client.log.blob", "index.json.blob")) {
      if (random.nextInt(4) > 0) {
        String crypt = List.of("none", "encrypt", "sign-only").get(random.nextInt(3));
        files.put(name, new Listing.FileFact(crypt, 1 + random.nextInt(2)));
      }
    }
    @Nullable String comment = random.nextInt(3) == 0 ? "note" : null;
    @Nullable String verification =
        random.nextBoolean() ? null : random.nextBoolean() ? "ok" : "failed";
    return new Listing(comment, verification, files);
  }
}
