package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.List;

/**
 * How a move ended.
 *
 * @param journal the name by which it is taken up again or undone
 */
public record MoveReport(String journal, int groupCount, int snapshotCount, List<Left> left) {
  public MoveReport {
    left = List.copyOf(left);
  }

  /**
   * A group that stayed.
   *
   * @param busy whether somebody had it, so that the same may do later
   */
  public record Left(Namespace namespace, GroupId group, String why, boolean busy) {}

  public boolean complete() {
    return left.isEmpty();
  }
}
