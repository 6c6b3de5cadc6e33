package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.mesh.InMemoryMesh;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.RemovalRule;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** At stake: one group's trouble is that group's alone, and nothing goes that was not synced. */
class SyncRunTest {
  private static final AuthId OWNER = AuthId.parse("mirror@pbs");
  private static final Mapping MAPPING = Mapping.pull(Namespace.ROOT, Namespace.ROOT, OWNER);

  private final RecordingReport report = new RecordingReport();
  private final Work work = new Work();

  /** A direction that only remembers, and fails where it is told to. */
  private static final class Work implements SyncWork {
    final List<String> done = new CopyOnWriteArrayList<>();
    final Map<String, BackupException> failing = new HashMap<>();
    Runnable inGroup = () -> {};

    private void act(String what) {
      done.add(what);
      BackupException failure = failing.get(what);
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public String verb() {
      return "pull";
    }

    @Override
    public boolean ownerDiffersFails() {
      return true;
    }

    @Override
    public Optional<String> refusal(Namespace target) {
      return Optional.empty();
    }

    @Override
    public void createNamespace(Namespace target) {
      act("create " + target);
    }

    @Override
    public void transferGroup(GroupPlan plan, GroupRun run) {
      run.checkpoint();
      inGroup.run();
      act(plan.group().toString());
    }

    @Override
    public Optional<String> remove(Removal removal) {
      act("remove " + removal.namespace());
      return Optional.empty();
    }
  }

  private static GroupPlan group(String namespace, String group) {
    Namespace ns = Namespace.parse(namespace);
    Transfer transfer = new Transfer(1_700_000_000, Reason.NEW, 1);
    return new GroupPlan(ns, ns, GroupId.parse(group), true, List.of(transfer), List.of());
  }

  private SyncResult run(
      List<String> namespaces, List<GroupPlan> groups, List<Removal> removals, int parallel) {
    InMemoryMesh mesh =
        new InMemoryMesh(
            new InMemoryMesh.Bus(InstantSource.system()),
            "lyon",
            "1",
            InstantSource.system(),
            Runnable::run);
    GroupLeases leases =
        new GroupLeases(mesh, "lyon", new DatastoreName("main"), Duration.ofMinutes(1));
    SyncPlan plan =
        new SyncPlan(
            MAPPING,
            namespaces.stream().map(Namespace::parse).toList(),
            groups,
            removals,
            List.of(),
            List.of());
    return SyncRun.execute(plan, work, leases, parallel, report, InstantSource.system());
  }

  @Test
  void namespacesComeFirstAndRemovalsLast() {
    Removal removal = new Removal.OfNamespace(Namespace.parse("old"), RemovalRule.REMOVE_VANISHED);
    run(List.of("a", "a/b"), List.of(group("a/b", "host/x")), List.of(removal), 4);
    assertThat(work.done).containsExactly("create a", "create a/b", "host/x", "remove old");
  }

  @Test
  void aNamespaceThatCannotBeMadeTakesWhatIsInItAlong() {
    work.failing.put("create a", new BackupException(Kind.PERMISSION, "not allowed"));
    SyncResult result =
        run(
            List.of("a", "a/b", "c"),
            List.of(group("a/b", "host/x"), group("c", "host/y")),
            List.of(),
            1);
    assertThat(work.done).containsExactly("create a", "create c", "host/y");
    assertThat(result.failures()).containsExactly("Cannot sync into namespace 'a' - not allowed");
  }

  @Test
  void aFailureLeavesOtherGroupsAloneAndKeepsWhatWouldVanishInItsOwn() {
    work.failing.put("host/x", BackupException.corrupt("chunk is bad"));
    work.failing.put("host/z", new BackupException(Kind.LOCKED, "being written"));
    Removal removal =
        new Removal.OfSnapshot(
            Namespace.ROOT, GroupId.parse("host/x"), 1_600_000_000, RemovalRule.REMOVE_VANISHED);
    SyncResult result =
        run(
            List.of(),
            List.of(group("", "host/x"), group("", "host/y"), group("", "host/z")),
            List.of(removal),
            1);
    assertThat(work.done).containsExactly("host/x", "host/y", "host/z");
    assertThat(result.failures())
        .containsExactly("[host/x]: sync group host/x failed - chunk is bad");
    assertThat(result.busyGroups())
        .extracting(SyncResult.BusyGroup::reason)
        .containsExactly("being written");
    assertThat(report.lines).anyMatch(line -> line.startsWith("not done"));
  }

  @Test
  void groupsRunSideBySideUpToTheLimit() {
    CyclicBarrier three = new CyclicBarrier(3);
    work.inGroup =
        () -> {
          try {
            three.await(20, TimeUnit.SECONDS);
          } catch (Exception e) {
            throw new AssertionError("not three at a time", e);
          }
        };
    List<GroupPlan> groups = IntStream.range(0, 6).mapToObj(i -> group("", "host/g" + i)).toList();
    assertThat(run(List.of(), groups, List.of(), 3).ok()).isTrue();
    assertThat(work.done).hasSize(6);
  }

  @Test
  void aPeerThatCannotBeReachedIsNotAskedForEveryGroup() {
    List<GroupPlan> groups = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      groups.add(group("", "host/g" + i));
      work.failing.put("host/g" + i, new BackupException(Kind.PEER_UNREACHABLE, "no route"));
    }
    SyncResult result = run(List.of(), groups, List.of(), 1);
    assertThat(work.done).hasSize(3);
    assertThat(result.failures())
        .hasSize(4)
        .last()
        .isEqualTo("7 more groups were not tried, because the peer cannot be reached");
  }

  @Test
  void anAbortEndsTheRunAtOnce() {
    work.inGroup =
        () ->
            report.abort =
                () -> {
                  throw new BackupException(Kind.CANCELLED, "sync aborted");
                };
    work.failing.put("host/x", BackupException.corrupt("anything"));
    BackupException thrown =
        catchThrowableOfType(
            BackupException.class,
            () -> run(List.of(), List.of(group("", "host/x"), group("", "host/y")), List.of(), 1));
    assertThat(thrown).hasMessage("sync aborted");
    assertThat(work.done).containsExactly("host/x");
  }
}
