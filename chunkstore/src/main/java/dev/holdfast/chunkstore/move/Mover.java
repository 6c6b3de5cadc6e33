package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves groups and namespaces of a datastore, to another place of it or to another datastore of the
 * node (spec/engine.md §7.5). Backups, restores, prunes and collections go on meanwhile; what they
 * hold is tried once more at the end, and then left.
 *
 * <p>Owners, notes, protection and verification states go along; access rights, jobs and what peers
 * have do not. Methods block and may be called from any thread.
 */
public final class Mover {
  private final Datastore source;
  private final Datastore target;
  private final MovePlanner planner;

  /**
   * @param target the same object as {@code source} for a move within it
   */
  public Mover(Datastore source, Datastore target) {
    this.source = source;
    this.target = target;
    this.planner = new MovePlanner(source, target);
  }

  /**
   * What a move would do now; changes nothing.
   *
   * @throws BackupException INVALID_INPUT or NOT_FOUND with PBS's words when it cannot be begun
   */
  public MovePlan plan(MoveRequest request) {
    return planner.plan(request);
  }

  /**
   * Moves. When it is stopped, or fails, what has been moved stays moved, and the journal says so;
   * when it is {@link MoveWatcher#isInterrupted interrupted}, that it is at work.
   *
   * @throws BackupException as {@link #plan}; or whatever stopped it
   */
  public MoveReport run(MoveRequest request, MoveWatcher watcher) {
    MovePlan plan = planner.plan(request);
    try (MoveJournal journal = MoveJournal.begin(source, target.name(), request)) {
      watcher.began(journal.name(), plan);
      return new Run(plan, journal, watcher).run();
    }
  }

  /** Goes on with a move that was interrupted or stopped, or that left something. */
  public MoveReport resume(String name, MoveWatcher watcher) {
    MoveJournal.Content before = MoveJournal.read(source, name);
    requireTarget(before);
    if (before.state() == MoveState.UNDONE) {
      throw BackupException.invalid(
          "move '" + name + "' is undone, and cannot go on: begin a new one");
    }
    try (MoveJournal journal = MoveJournal.takeUp(source, name)) {
      MovePlan plan = planner.rest(before.request());
      watcher.began(name, plan);
      journal.add(new MoveEntry.Became(MoveState.MOVING));
      return new Run(plan, journal, watcher).run();
    }
  }

  /** Brings back what a move has moved, as far as it is where the move put it. */
  public MoveReport undo(String name, MoveWatcher watcher) {
    MoveJournal.Content before = MoveJournal.read(source, name);
    requireTarget(before);
    if (before.state() == MoveState.UNDONE) {
      throw BackupException.invalid("move '" + name + "' is undone already");
    }
    try (MoveJournal journal = MoveJournal.takeUp(source, name)) {
      return new MoveUndo(source, target, journal, watcher).run();
    }
  }

  private void requireTarget(MoveJournal.Content content) {
    if (!content.target().equals(target.name())) {
      throw BackupException.invalid(
          "move '"
              + content.name()
              + "' goes to datastore '"
              + content.target()
              + "', not to '"
              + target.name()
              + "'");
    }
  }

  /** One pass over a plan. */
  private final class Run {
    private final MovePlan plan;
    private final MoveJournal journal;
    private final MoveWatcher watcher;
    private final GroupMover mover;
    private final List<MoveReport.Left> left = new ArrayList<>();
    private int groups;
    private int snapshots;

    Run(MovePlan plan, MoveJournal journal, MoveWatcher watcher) {
      this.plan = plan;
      this.journal = journal;
      this.watcher = watcher;
      this.mover = new GroupMover(source, target, watcher);
    }

    MoveReport run() {
      MoveState end = MoveState.STOPPED;
      try {
        plan.made().forEach(this::make);
        List<MovePlan.Step> busy = moveAll(plan.groups());
        for (MovePlan.Step step : busy) {
          tryAgain(step);
        }
        plan.removed().forEach(this::remove);
        end = left.isEmpty() ? MoveState.DONE : MoveState.STOPPED;
      } finally {
        if (end == MoveState.DONE || !watcher.isInterrupted()) {
          journal.add(new MoveEntry.Became(end));
        }
      }
      return new MoveReport(journal.name(), groups, snapshots, left);
    }

    private void make(Namespace namespace) {
      watcher.checkStop();
      journal.add(new MoveEntry.Made(namespace));
      target.createNamespace(namespace);
    }

    /** Those that somebody held. */
    private List<MovePlan.Step> moveAll(List<MovePlan.Step> steps) {
      List<MovePlan.Step> busy = new ArrayList<>();
      for (MovePlan.Step step : steps) {
        try {
          move(step);
        } catch (BackupException e) {
          if (e.kind() == Kind.LOCKED) {
            busy.add(step);
          } else {
            leave(step, e);
          }
        }
      }
      return busy;
    }

    private void tryAgain(MovePlan.Step step) {
      try {
        move(step);
      } catch (BackupException e) {
        leave(step, e);
      }
    }

    private void move(MovePlan.Step step) {
      watcher.checkStop();
      boolean merge = plan.request().merge() || isBegun(step);
      int moved =
          mover.move(
              step.from(),
              step.group(),
              step.to(),
              new GroupMover.Terms(merge, true, null),
              (notes, going) ->
                  journal.add(
                      new MoveEntry.Group(step.from(), step.group(), step.to(), notes, going)));
      groups++;
      snapshots += moved;
      watcher.moved(groups, step.from(), step.group());
    }

    /** Whether the group is at the target because this move brought a part of it there. */
    private boolean isBegun(MovePlan.Step step) {
      return journal.entries().stream()
          .anyMatch(
              entry ->
                  entry instanceof MoveEntry.Group group
                      && group.from().equals(step.from())
                      && group.group().equals(step.group()));
    }

    private void leave(MovePlan.Step step, BackupException why) {
      switch (why.kind()) {
        case CANCELLED -> throw why;
        case NOT_FOUND -> {
          if (source.ownerIfAny(step.from(), step.group()).isEmpty()) {
            return; // forgotten meanwhile
          }
        }
        default -> {}
      }
      if (plan.request() instanceof MoveRequest.OfGroup) {
        throw why;
      }
      left.add(
          new MoveReport.Left(step.from(), step.group(), why.text(), why.kind() == Kind.LOCKED));
    }

    // Removed by name alone, so one with something new in it stays.
    private void remove(Namespace namespace) {
      watcher.checkStop();
      if (source.namespaceExists(namespace)) {
        journal.add(new MoveEntry.Removed(namespace));
        var unused = source.removeEmptyNamespace(namespace);
      }
    }
  }
}
