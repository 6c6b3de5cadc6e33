package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.DatastoreName;
import java.time.Instant;
import java.util.List;

/** The moves that a datastore remembers. */
public final class MoveHistory {
  private final Datastore source;

  public MoveHistory(Datastore source) {
    this.source = source;
  }

  /**
   * A move.
   *
   * @param target the datastore that it goes to
   * @param running whether somebody works on it now
   * @param groupCount groups of which something was, or was about to be, moved
   */
  public record Move(
      String name,
      MoveRequest request,
      DatastoreName target,
      Instant began,
      MoveState state,
      boolean running,
      int groupCount,
      int snapshotCount) {

    /** By the end of the process that worked on it. */
    public boolean isInterrupted() {
      return !running && (state == MoveState.MOVING || state == MoveState.UNDOING);
    }
  }

  /** The oldest first. */
  public List<Move> list() {
    return MoveJournal.list(source).stream().map(this::move).toList();
  }

  /** NOT_FOUND when there is none of that name. */
  public Move get(String name) {
    return move(MoveJournal.read(source, name));
  }

  private Move move(MoveJournal.Content content) {
    List<MoveEntry.Group> groups =
        content.entries().stream()
            .filter(MoveEntry.Group.class::isInstance)
            .map(MoveEntry.Group.class::cast)
            .toList();
    return new Move(
        content.name(),
        content.request(),
        content.target(),
        content.began(),
        content.state(),
        source.isMoving(content.name()),
        (int) groups.stream().map(g -> List.of(g.from(), g.group())).distinct().count(),
        groups.stream().mapToInt(g -> g.snapshots().size()).sum());
  }
}
