package dev.holdfast.node.task;

import dev.holdfast.chunkstore.model.DatastoreName;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which tasks a list shows (spec/rest-api.md §6.8).
 *
 * @param store tasks of that datastore, told by worker type and id
 * @param running only those that run
 * @param errors all but those that ended OK
 * @param user part of the owner's id
 * @param type part of the worker type
 * @param since earliest start, seconds since the epoch
 * @param until latest start
 * @param kinds how they ended; empty = no matter, not empty = ended ones only
 * @param visible what the caller may see
 */
public record TaskFilter(
    @Nullable DatastoreName store,
    boolean running,
    boolean errors,
    @Nullable String user,
    @Nullable String type,
    long since,
    long until,
    Set<TaskStatus.Kind> kinds,
    Predicate<Upid> visible) {
  public static final TaskFilter ALL =
      new TaskFilter(null, false, false, null, null, 0, Long.MAX_VALUE, Set.of(), upid -> true);

  /** What has not ended, whoever started it. */
  public static final TaskFilter RUNNING =
      new TaskFilter(null, true, false, null, null, 0, Long.MAX_VALUE, Set.of(), upid -> true);

  public TaskFilter {
    kinds = Set.copyOf(kinds);
  }

  boolean accepts(TaskInfo task) {
    Upid upid = task.upid();
    return visible.test(upid)
        && (!running || task.running())
        && (!errors || (task.status().kind() != TaskStatus.Kind.OK && !task.running()))
        && (user == null || upid.owner().toString().contains(user))
        && (type == null || upid.workerType().contains(type))
        && upid.startTime() >= since
        && upid.startTime() <= until
        && (kinds.isEmpty() || kinds.contains(task.status().kind()))
        && (store == null || concerns(upid, store.text()));
  }

  private static boolean concerns(Upid upid, String store) {
    String id = upid.workerId() == null ? "" : upid.workerId();
    String type = upid.workerType();
    if (type.equals("syncjob")) {
      // REMOTE:REMOTE-STORE:STORE[:NS]:JOB
      String[] parts = id.split(":", -1);
      return parts.length > 3 && parts[2].equals(store);
    }
    boolean byStore =
        type.startsWith("verif")
            || switch (type) {
              case "prune", "prunejob", "backup", "garbage_collection" -> true;
              default -> false;
            };
    return byStore && (id.equals(store) || id.startsWith(store + ":"));
  }
}
