package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncOption;
import dev.holdfast.meshconfig.SyncRules;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Everything a sync would do, in the order in which it would be done: {@code --dry-run}, the UI and
 * the executor use the same object (design §6).
 *
 * @param createNamespaces at the target, parents first
 * @param groups those in which there is something to do or to tell, in the order of the listing
 * @param removals after all transfers, contents before their containers
 * @param kept what a removal rule would take but may not
 * @param refusals if one of them {@link Refusal#stopsAll}, nothing else is in the plan
 */
public record SyncPlan(
    Mapping mapping,
    List<Namespace> createNamespaces,
    List<GroupPlan> groups,
    List<Removal> removals,
    List<Kept> kept,
    List<Refusal> refusals) {

  public SyncPlan {
    createNamespaces = List.copyOf(createNamespaces);
    groups = List.copyOf(groups);
    removals = List.copyOf(removals);
    kept = List.copyOf(kept);
    refusals = List.copyOf(refusals);
  }

  /** Nothing to execute; there may still be something to tell. */
  public boolean isEmpty() {
    return createNamespaces.isEmpty() && removals.isEmpty() && transferCount() == 0;
  }

  /** The whole plan is refused. */
  public boolean isRefused() {
    return refusals.stream().anyMatch(Refusal::stopsAll);
  }

  public long transferCount() {
    return groups.stream().mapToLong(g -> g.transfers().size()).sum();
  }

  /** The most that the transfers can move; known chunks stay where they are. */
  public long transferBytes() {
    return groups.stream().flatMap(g -> g.transfers().stream()).mapToLong(Transfer::bytes).sum();
  }

  /**
   * What happens in one group.
   *
   * @param source its namespace at the source
   * @param target its namespace at the target
   * @param creates the group is not at the target yet
   * @param transfers oldest first
   */
  public record GroupPlan(
      Namespace source,
      Namespace target,
      GroupId group,
      boolean creates,
      List<Transfer> transfers,
      List<Skipped> skipped) {
    public GroupPlan {
      transfers = List.copyOf(transfers);
      skipped = List.copyOf(skipped);
    }
  }

  /**
   * A snapshot to fetch or send.
   *
   * @param bytes plain size at the source
   */
  public record Transfer(long time, Reason reason, long bytes) {}

  /** Why a snapshot is transferred. */
  public enum Reason {
    /** Newer than all at the target. */
    NEW("new"),
    /** Older than the newest at the target, where it is missing. */
    GAP_FILL("fills a gap"),
    /** At the target it was begun and not finished. */
    INCOMPLETE("incomplete at the target"),
    /** It was found damaged at the target. */
    DAMAGED("damaged at the target"),
    /** The newest that both have, and the source lists something else for it. */
    RECHECK("changed at the source");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** A snapshot of the source that stays where it is. */
  public record Skipped(long time, SkipReason reason) {}

  /** Why a snapshot is not transferred. */
  public enum SkipReason {
    IN_PROGRESS("in-progress backup"),
    TRANSFER_LAST("due to transfer-last"),
    NOT_VERIFIED("not verified at the source, due to verified-only"),
    NOT_ENCRYPTED("not encrypted, due to encrypted-only"),
    /** Only where the target appends. */
    OLDER_THAN_TARGET("older than the newest snapshot present on sync target"),
    REMOVED_HERE("was removed at the target by a rule of its own"),
    /** It changed at the source, but the copy is protected. */
    PROTECTED("changed at the source, but protected at the target"),
    /** The same, of a damaged copy. */
    DAMAGED_PROTECTED("damaged at the target, but protected there");

    private final String text;

    SkipReason(String text) {
      this.text = text;
    }

    /**
     * Why a snapshot is none that the job's options choose.
     *
     * @param verified whether its last verification at the source found it whole
     * @param encrypted whether every file is; asked only where that matters, as the other
     */
    public static Optional<SkipReason> unselected(
        SyncRules rules, BooleanSupplier verified, BooleanSupplier encrypted) {
      if (rules.has(SyncOption.VERIFIED_ONLY) && !verified.getAsBoolean()) {
        return Optional.of(NOT_VERIFIED);
      }
      return rules.has(SyncOption.ENCRYPTED_ONLY) && !encrypted.getAsBoolean()
          ? Optional.of(NOT_ENCRYPTED)
          : Optional.empty();
    }

    public String text() {
      return text;
    }
  }

  /** What permits a removal; without one, nothing is ever removed. */
  public enum RemovalRule {
    REMOVE_VANISHED("remove-vanished");

    private final String text;

    RemovalRule(String text) {
      this.text = text;
    }

    /** The key of the job that says so. */
    public String text() {
      return text;
    }
  }

  /** Something at the target that goes, because it is gone at the source. */
  public sealed interface Removal {
    Namespace namespace();

    RemovalRule rule();

    /** One snapshot. */
    record OfSnapshot(Namespace namespace, GroupId group, long time, RemovalRule rule)
        implements Removal {}

    /**
     * A group with all its snapshots, none of which is protected, held or unfinished.
     *
     * @param snapshotCount how many those are
     */
    record OfGroup(Namespace namespace, GroupId group, int snapshotCount, RemovalRule rule)
        implements Removal {}

    /** A namespace that is empty by then. */
    record OfNamespace(Namespace namespace, RemovalRule rule) implements Removal {}
  }

  /** Something that is gone at the source and stays at the target. */
  public sealed interface Kept {
    Namespace namespace();

    KeepReason reason();

    /** One snapshot. */
    record Snapshot(Namespace namespace, GroupId group, long time, KeepReason reason)
        implements Kept {}

    /** A group. */
    record Group(Namespace namespace, GroupId group, KeepReason reason) implements Kept {}

    /** A namespace in which something is kept. */
    record Whole(Namespace namespace, KeepReason reason) implements Kept {}
  }

  /** Why something that vanished at the source is kept. */
  public enum KeepReason {
    PROTECTED("protected"),
    HELD("held by the hold of its namespace"),
    IN_PROGRESS("in-progress backup"),
    OTHER_OWNER("owned by somebody else"),
    FILTERED("not selected by the group filter"),
    NOT_EMPTY("something in it is kept");

    private final String text;

    KeepReason(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
