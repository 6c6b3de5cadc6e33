package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.List;

/**
 * How a run ended. Whatever was finished before a failure stays.
 *
 * @param snapshots that became restorable at the target
 * @param chunks that crossed
 * @param encodedBytes that crossed
 * @param failures one line each, in the order in which they happened; also in the log of the run
 * @param busyGroups whose lease or lock somebody else holds: left alone, to be tried again soon
 */
public record SyncResult(
    long snapshots,
    long chunks,
    long encodedBytes,
    List<String> failures,
    List<BusyGroup> busyGroups) {

  public SyncResult {
    failures = List.copyOf(failures);
    busyGroups = List.copyOf(busyGroups);
  }

  /**
   * A group that somebody else is working on.
   *
   * @param source its namespace at the source
   */
  public record BusyGroup(Namespace source, GroupId group, String reason) {}

  /** Nothing failed; groups may have been busy. */
  public boolean ok() {
    return failures.isEmpty();
  }
}
