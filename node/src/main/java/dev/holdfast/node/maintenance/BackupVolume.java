package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.meshconfig.ByteSize;
import dev.holdfast.node.traffic.ByteCount;
import java.util.List;
import java.util.Optional;

/**
 * How much data the backups of a group bring, for a forecast. Each backup finds the same amount
 * replaced by what was never there before, at places that have nothing to do with the ones before:
 * after {@code n} backups, {@code (1 - changed / size)^n} of the data is what it was.
 *
 * @param bytes of one backup as it is stored, compressed
 * @param changedBytes of it that the backup before does not have
 */
public record BackupVolume(long bytes, long changedBytes) {
  public BackupVolume {
    if (bytes < 1) {
      throw BackupException.invalid("found a size of " + bytes + " bytes, expected 1 or more");
    }
    if (changedBytes < 0 || changedBytes > bytes) {
      throw BackupException.invalid(
          "found a change of "
              + ByteSize.text(changedBytes)
              + " from backup to backup, expected at most the size of one, "
              + ByteSize.text(bytes));
    }
  }

  /**
   * As somebody who asks gives it, or not.
   *
   * @param change nothing without one
   */
  public static Optional<BackupVolume> of(Optional<ByteCount> size, Optional<ByteCount> change) {
    if (size.isEmpty() && change.isPresent()) {
      throw BackupException.invalid("found a change without a size, expected both, or a size only");
    }
    return size.map(all -> new BackupVolume(all.bytes(), change.map(ByteCount::bytes).orElse(0L)));
  }

  /**
   * What some of the backups take together, since what they share is there once.
   *
   * @param numbers which they are of all that were made, ascending
   */
  public long heldBytes(List<Integer> numbers) {
    double held = 0;
    int before = -1;
    for (int number : numbers) {
      held += before < 0 ? bytes : newBytes(number - before);
      before = number;
    }
    return Math.round(held);
  }

  /** What a backup has that one so many backups before it has not. */
  private double newBytes(int backups) {
    return bytes * (1 - Math.pow(1 - (double) changedBytes / bytes, backups));
  }
}
