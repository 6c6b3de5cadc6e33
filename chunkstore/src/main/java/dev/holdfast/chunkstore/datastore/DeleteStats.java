package dev.holdfast.chunkstore.datastore;

/**
 * What a removal of groups did (spec/protocols.md §7.3, DELETE groups).
 *
 * @param protectedSnapshots kept, because they are protected or held
 */
public record DeleteStats(int removedGroups, int protectedSnapshots, int removedSnapshots) {
  static final DeleteStats NONE = new DeleteStats(0, 0, 0);

  DeleteStats plus(DeleteStats other) {
    return new DeleteStats(
        removedGroups + other.removedGroups,
        protectedSnapshots + other.protectedSnapshots,
        removedSnapshots + other.removedSnapshots);
  }
}
