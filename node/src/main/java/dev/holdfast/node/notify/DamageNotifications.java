package dev.holdfast.node.notify;

import dev.holdfast.node.maintenance.Damage;
import java.time.InstantSource;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Tells of backups that cannot be restored, whoever found it: a job, somebody who asked, or the
 * verification of a new backup. Once a day for a datastore, at most.
 */
public final class DamageNotifications implements Consumer<Damage> {
  /** The whole is in the task's log. */
  private static final int LINES_MAX = 20;

  private final String host;
  private final InstantSource clock;
  private final Conditions conditions;

  /**
   * @param host names this node in the notification
   */
  public DamageNotifications(String host, InstantSource clock, Consumer<Notification> out) {
    this.host = host;
    this.clock = clock;
    this.conditions = new Conditions(out);
  }

  @Override
  public void accept(Damage damage) {
    SortedMap<String, String> fields = new TreeMap<>();
    fields.put("type", "damage");
    fields.put("hostname", host);
    fields.put("datastore", damage.store().text());
    StringBuilder text = new StringBuilder();
    text.append("Datastore '").append(damage.store()).append("' on ").append(host);
    text.append(" has backups that cannot be restored, or not all of them:\n");
    list(text, damage.snapshots());
    text.append("\nWhat is wrong:\n");
    list(text, damage.problems());
    text.append("\nDamaged chunks were set aside: the next backup of what they hold brings them");
    text.append(" again. Look at the disk, and whether peers have these snapshots.\n");
    text.append("\nThe whole: holdfast task log '").append(damage.task()).append("'\n");
    conditions.bad(
        damage.store().text(),
        new Notification(
            Severity.ERROR,
            clock.instant(),
            fields,
            host + ": datastore '" + damage.store() + "' has damaged backups",
            text.toString()));
  }

  private static void list(StringBuilder text, List<String> lines) {
    lines.stream().limit(LINES_MAX).forEach(line -> text.append("  ").append(line).append('\n'));
    if (lines.size() > LINES_MAX) {
      text.append("  and ").append(lines.size() - LINES_MAX).append(" more\n");
    }
  }
}
