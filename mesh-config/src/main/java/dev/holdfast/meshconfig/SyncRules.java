package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a sync may do, whichever way it goes (design §6, spec/engine.md §5.1).
 *
 * @param maxDepth levels below the source namespace; 0 = only this one, {@link #FULL_DEPTH} = all
 * @param removeVanished whether snapshots, groups and namespaces that are gone at the source go at
 *     the target too; nothing else ever removes
 * @param maxNewNamespaces a plan that would create more is refused: a misaligned mapping must not
 *     litter a store
 * @param transferLast only the newest so many snapshots of a group
 * @param groupFilters empty = all groups
 * @param options those that are on
 */
public record SyncRules(
    int maxDepth,
    boolean removeVanished,
    int maxNewNamespaces,
    OptionalInt transferLast,
    List<GroupFilter> groupFilters,
    Set<SyncOption> options) {
  /** No namespace lies deeper, so this is "everything below". */
  public static final int FULL_DEPTH = Namespace.DEPTH_MAX;

  public static final int NEW_NAMESPACES_DEFAULT = 100;

  /** Beyond this the guard would guard nothing. */
  public static final int NEW_NAMESPACES_MAX = 100_000;

  public static final SyncRules DEFAULT =
      new SyncRules(
          FULL_DEPTH, false, NEW_NAMESPACES_DEFAULT, OptionalInt.empty(), List.of(), Set.of());

  public SyncRules {
    groupFilters = List.copyOf(groupFilters);
    options = Set.copyOf(options);
  }

  public boolean has(SyncOption option) {
    return options.contains(option);
  }

  public SyncRules withRemoveVanished(boolean removes) {
    return new SyncRules(maxDepth, removes, maxNewNamespaces, transferLast, groupFilters, options);
  }

  public SyncRules withOptions(SyncOption... on) {
    return new SyncRules(
        maxDepth, removeVanished, maxNewNamespaces, transferLast, groupFilters, Set.of(on));
  }

  public boolean accepts(GroupId group) {
    return GroupFilter.accepts(groupFilters, group);
  }
}
