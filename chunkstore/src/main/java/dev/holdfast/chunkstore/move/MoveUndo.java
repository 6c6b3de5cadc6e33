package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Brings back what a journal says was moved. What was backed up at the target since then stays
 * there, what was forgotten stays forgotten. Interrupted, it can be done again.
 */
final class MoveUndo {
  private final Datastore source;
  private final Datastore target;
  private final MoveJournal journal;
  private final MoveWatcher watcher;
  private final List<MoveReport.Left> left = new ArrayList<>();
  private int groups;
  private int snapshots;

  MoveUndo(Datastore source, Datastore target, MoveJournal journal, MoveWatcher watcher) {
    this.source = source;
    this.target = target;
    this.journal = journal;
    this.watcher = watcher;
  }

  MoveReport run() {
    List<MoveEntry> backwards = List.copyOf(journal.entries().reversed());
    journal.add(new MoveEntry.Became(MoveState.UNDOING));
    MoveState end = MoveState.STOPPED;
    try {
      for (MoveEntry entry : backwards) {
        watcher.checkStop();
        undo(entry);
      }
      end = left.isEmpty() ? MoveState.UNDONE : MoveState.STOPPED;
    } finally {
      if (end == MoveState.UNDONE || !watcher.isInterrupted()) {
        journal.add(new MoveEntry.Became(end));
      }
    }
    return new MoveReport(journal.name(), groups, snapshots, left);
  }

  private void undo(MoveEntry entry) {
    switch (entry) {
      case MoveEntry.Removed removed -> source.createNamespaces(removed.namespace());
      case MoveEntry.Group group -> moveBack(group);
      case MoveEntry.Made made -> removeIfEmpty(made.namespace());
      case MoveEntry.Became _ -> {}
    }
  }

  private void moveBack(MoveEntry.Group entry) {
    if (target.ownerIfAny(entry.to(), entry.group()).isEmpty()) {
      return; // it never came there, is back already, or was forgotten
    }
    GroupMover.Terms terms = new GroupMover.Terms(true, false, new HashSet<>(entry.snapshots()));
    try {
      source.createNamespaces(entry.from());
      int moved =
          new GroupMover(target, source, watcher)
              .move(entry.to(), entry.group(), entry.from(), terms, (notes, going) -> {});
      restoreNotes(entry);
      if (moved > 0) {
        groups++;
        snapshots += moved;
        watcher.moved(groups, entry.to(), entry.group());
      }
    } catch (BackupException e) {
      if (e.kind() == Kind.CANCELLED) {
        throw e;
      }
      left.add(new MoveReport.Left(entry.to(), entry.group(), e.text(), e.kind() == Kind.LOCKED));
    }
  }

  private void restoreNotes(MoveEntry.Group entry) {
    if (!entry.notes().isEmpty()
        && source.ownerIfAny(entry.from(), entry.group()).isPresent()
        && source.groupNotes(entry.from(), entry.group()).isEmpty()) {
      source.setGroupNotes(entry.from(), entry.group(), entry.notes());
    }
  }

  private void removeIfEmpty(Namespace namespace) {
    if (target.namespaceExists(namespace)) {
      var unused = target.removeEmptyNamespace(namespace);
    }
  }
}
