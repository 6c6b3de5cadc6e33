package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.List;
import java.util.stream.Collectors;

/** What a planner will not do, by name. */
public sealed interface Refusal {
  /** How many names a text shows; the record holds all. */
  int NAMES_SHOWN_MAX = 10;

  /** Whether the plan holds nothing else because of it. */
  boolean stopsAll();

  /** One sentence for people. */
  String text();

  /** Without its root a source says nothing, least of all that things vanished. */
  record SourceMissing(Namespace source) implements Refusal {
    @Override
    public boolean stopsAll() {
      return true;
    }

    @Override
    public String text() {
      return "source namespace " + name(source) + " does not exist or is not visible";
    }
  }

  /** Both sides are in one datastore and overlap, so that each run would nest one level deeper. */
  record NestsIntoItself(Namespace source, Namespace target) implements Refusal {
    @Override
    public boolean stopsAll() {
      return true;
    }

    @Override
    public String text() {
      return "mapping " + name(source) + " into " + name(target) + " nests into itself";
    }
  }

  /**
   * Namespaces whose target would be deeper or longer than a datastore can hold.
   *
   * @param sources their names at the source
   */
  record DoesNotFit(List<Namespace> sources, Namespace target) implements Refusal {
    public DoesNotFit {
      sources = List.copyOf(sources);
    }

    @Override
    public boolean stopsAll() {
      return true;
    }

    @Override
    public String text() {
      return "namespaces that would be deeper than "
          + Namespace.DEPTH_MAX
          + " levels or longer than "
          + Namespace.LENGTH_MAX
          + " characters below "
          + name(target)
          + ": "
          + names(sources);
    }
  }

  /** More new namespaces than {@code max-new-namespaces} permits. */
  record TooManyNewNamespaces(List<Namespace> targets, int max) implements Refusal {
    public TooManyNewNamespaces {
      targets = List.copyOf(targets);
    }

    @Override
    public boolean stopsAll() {
      return true;
    }

    @Override
    public String text() {
      return "would create "
          + targets.size()
          + " namespaces, max-new-namespaces is "
          + max
          + ": "
          + names(targets);
    }
  }

  /** A group at the target that belongs to somebody else; only it is left out. */
  record OwnerDiffers(Namespace target, GroupId group, AuthId owner, AuthId expected)
      implements Refusal {
    @Override
    public boolean stopsAll() {
      return false;
    }

    // The words of the original (spec/engine.md §5.5).
    @Override
    public String text() {
      return "sync group "
          + group
          + " in "
          + name(target)
          + " failed - owner check failed ("
          + expected
          + " != "
          + owner
          + ")";
    }
  }

  private static String name(Namespace ns) {
    return ns.isRoot() ? "the root namespace" : "'" + ns + "'";
  }

  private static String names(List<Namespace> all) {
    String shown =
        all.stream().limit(NAMES_SHOWN_MAX).map(Refusal::name).collect(Collectors.joining(", "));
    int more = all.size() - NAMES_SHOWN_MAX;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }
}
