package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.move.MoveHistory;
import dev.holdfast.chunkstore.move.MovePlan;
import dev.holdfast.chunkstore.move.MoveReport;
import dev.holdfast.chunkstore.move.MoveRequest;
import dev.holdfast.chunkstore.move.MoveState;
import dev.holdfast.chunkstore.move.Mover;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Moves groups and namespaces as tasks (spec/engine.md §7.5), within a datastore and between those
 * of the node. Any thread; looks at files.
 */
public final class Moving {
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;

  /** From where to where. */
  public record Order(DatastoreName from, DatastoreName to, MoveRequest request) {
    private String taskType() {
      return switch (request) {
        case MoveRequest.OfGroup _ -> "move-group";
        case MoveRequest.OfNamespace _ -> "move-namespace";
      };
    }

    /** As PBS: {@code store:ns/type/id:target}; of another datastore its name comes before. */
    private String taskId() {
      String source =
          switch (request) {
            case MoveRequest.OfGroup of -> of.from() + "/" + of.group();
            case MoveRequest.OfNamespace of -> of.from().toString();
          };
      String target = to.equals(from) ? "" : to + ":";
      return from + ":" + source + ":" + target + request.to();
    }
  }

  public Moving(DatastoreRegistry stores, TaskRegistry tasks) {
    this.stores = stores;
    this.tasks = tasks;
  }

  /**
   * What a move would do now.
   *
   * @param until what the datastores are used for ends with them
   */
  public MovePlan plan(Order order, Leases until) {
    Datastore source = stores.reading(order.from(), until);
    Datastore target = order.to().equals(order.from()) ? source : stores.reading(order.to(), until);
    return new Mover(source, target).plan(order.request());
  }

  /**
   * Starts a move and returns at once.
   *
   * @throws BackupException INVALID_INPUT with PBS's words when it cannot be begun
   */
  public Upid start(Order order, AuthId caller) {
    try (Leases leases = new Leases()) {
      var unused = mover(order, leases).plan(order.request());
    }
    return spawn(order, caller, (mover, log) -> mover.run(order.request(), log));
  }

  /** Goes on with a move that was interrupted, stopped, or left something. */
  public Upid resume(DatastoreName store, String name, AuthId caller) {
    return spawn(order(store, name), caller, (mover, log) -> mover.resume(name, log));
  }

  /** Brings back what a move has moved. */
  public Upid undo(DatastoreName store, String name, AuthId caller) {
    return spawn(
        order(store, name),
        caller,
        (mover, log) -> {
          log.undoing(name);
          return mover.undo(name, log);
        });
  }

  /**
   * Those that a datastore remembers, the oldest first.
   *
   * @param until what the datastore is used for ends with them
   */
  public List<MoveHistory.Move> list(DatastoreName store, Leases until) {
    return new MoveHistory(stores.reading(store, until)).list();
  }

  /** What was ordered. NOT_FOUND when the datastore remembers no move of that name. */
  public Order order(DatastoreName store, String name) {
    try (Leases leases = new Leases()) {
      MoveHistory.Move move = new MoveHistory(stores.reading(store, leases)).get(name);
      return new Order(store, move.target(), move.request());
    }
  }

  /**
   * Brings to an end what the end of an earlier process interrupted: onwards, or back if it was on
   * the way back.
   *
   * @return the tasks, each for a move
   */
  public List<Upid> finishInterrupted(Datastore store) {
    List<Upid> started = new ArrayList<>();
    for (MoveHistory.Move move : new MoveHistory(store).list()) {
      if (move.isInterrupted()) {
        started.add(
            move.state() == MoveState.UNDOING
                ? undo(store.name(), move.name(), AuthId.ROOT)
                : resume(store.name(), move.name(), AuthId.ROOT));
      }
    }
    return started;
  }

  private Mover mover(Order order, Leases until) {
    Datastore source = stores.writing(order.from(), until);
    return new Mover(
        source, order.to().equals(order.from()) ? source : stores.writing(order.to(), until));
  }

  private interface Work {
    MoveReport run(Mover mover, MoveLog log);
  }

  private Upid spawn(Order order, AuthId caller, Work work) {
    return tasks.spawn(
        order.taskType(),
        order.taskId(),
        caller,
        task -> {
          MoveReport report = work.run(mover(order, task.leases()), new MoveLog(task));
          if (!report.complete()) {
            throw incomplete(report);
          }
        });
  }

  private static BackupException incomplete(MoveReport report) {
    return new BackupException(
            Kind.INTERNAL,
            "namespace move partially completed; "
                + report.left().size()
                + " group(s) could not be moved and remain at source"
                + listed("; failed: ", report, false)
                + listed("; still locked: ", report, true))
        .advise("Take it up again with 'holdfast move resume " + report.journal() + "'.");
  }

  private static String listed(String title, MoveReport report, boolean busy) {
    String names =
        report.left().stream()
            .filter(left -> left.busy() == busy)
            .map(
                left -> "'" + left.group() + "' in '" + left.namespace() + "' (" + left.why() + ")")
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? "" : title + names;
  }
}
