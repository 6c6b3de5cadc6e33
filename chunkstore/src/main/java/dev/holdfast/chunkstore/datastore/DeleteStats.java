package dev.holdfast.chunkstore.datastore;

/**
 * What a removal of groups did (spec/protocols.md §7.3, DELETE groups).
 *
 * @param protectedSnapshots kept, because they are protected or held
 * @param heldSnapshots those of them that are held and not protected
 */
public record DeleteStats(
    int removedGroups, int protectedSnapshots, int heldSnapshots, int removedSnapshots) {
  static final DeleteStats NONE = new DeleteStats(0, 0, 0, 0);

  DeleteStats plus(DeleteStats other) {
    return new DeleteStats(
        removedGroups + other.removedGroups,
        protectedSnapshots + other.protectedSnapshots,
        heldSnapshots + other.heldSnapshots,
        removedSnapshots + other.removedSnapshots);
  }
}
