package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * A backup group, {@code type/id}: all snapshots of one guest or host. Ordered as PBS lists them:
 * by type, then ids that are unsigned integers numerically and before all others (spec/formats.md
 * §1.2).
 */
public record GroupId(BackupType type, String id) implements Comparable<GroupId> {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final Comparator<String> ID_ORDER =
      Comparator.comparing((String id) -> NUMBER.matcher(id).matches() ? 0 : 1)
          .thenComparingLong(id -> NUMBER.matcher(id).matches() ? Long.parseLong(id) : 0)
          .thenComparing(Comparator.naturalOrder());

  public GroupId {
    SafeId.require(id, "backup id");
  }

  /** From {@code type/id}. */
  public static GroupId parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw BackupException.invalid("invalid backup group '" + text + "': expected TYPE/ID");
    }
    return new GroupId(BackupType.parse(text.substring(0, slash)), text.substring(slash + 1));
  }

  public SnapshotId at(long epochSeconds) {
    return new SnapshotId(this, epochSeconds);
  }

  @Override
  public int compareTo(GroupId other) {
    int order = type.compareTo(other.type);
    return order != 0 ? order : ID_ORDER.compare(id, other.id);
  }

  @Override
  public String toString() {
    return type + "/" + id;
  }
}
