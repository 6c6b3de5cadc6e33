package dev.holdfast.chunkstore.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.manifest.VerifyState.State;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.verify.DatastoreVerifier.Group;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a verification finds every damage, names it, mends what it can, and forgets nothing.
 */
class DatastoreVerifierTest {
  private static final Namespace NS = Namespace.parse("a/b");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);
  private static final SnapshotId THIRD = GROUP.at(1_700_000_200);
  private static final Workers TWO = new Workers(2, Thread.ofPlatform().factory());

  private final MemoryStore memory;
  private final Datastore store;
  private final Heard heard = new Heard();

  DatastoreVerifierTest(@TempDir Path base) {
    this.memory = MemoryStore.in(base);
    this.store = memory.store;
    store.createNamespaces(NS);
    SmallBackup.write(store, NS, FIRST, 11);
    SmallBackup.write(store, NS, SECOND, 12);
    SmallBackup.write(store, NS, THIRD, 13);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** Everything that a run tells. */
  private static final class Heard implements DatastoreVerifier.Listener, VerifyWatcher {
    final List<SnapshotId> snapshots = new ArrayList<>();
    final List<String> skipped = new ArrayList<>();
    final List<String> problems = new ArrayList<>();
    final List<String> progress = new ArrayList<>();
    int checksLeft = Integer.MAX_VALUE;

    @Override
    public void group(Namespace namespace, GroupId group, int count) {}

    @Override
    public void snapshot(Namespace namespace, SnapshotId snapshot) {
      snapshots.add(snapshot);
    }

    @Override
    public void skipped(Namespace namespace, SnapshotId snapshot, String why) {
      skipped.add(why);
    }

    @Override
    public void progress(int group, int groups, int snapshot, int count) {
      progress.add(group + "/" + groups + " " + snapshot + "/" + count);
    }

    @Override
    public synchronized void checkStop() {
      if (checksLeft-- <= 0) {
        throw new BackupException(Kind.CANCELLED, "stopped");
      }
    }

    @Override
    public synchronized void problem(String text) {
      problems.add(text);
    }
  }

  private List<String> verify(String upid, VerifyRules rules) {
    SnapshotVerifier verifier = new SnapshotVerifier(store, TWO, ChunkOrder.INODE, heard, true);
    DatastoreVerifier run =
        new DatastoreVerifier(store, verifier, state -> Long.parseLong(state.upid()), upid);
    List<Group> groups =
        Stream.of(GROUP)
            .map(group -> run.select(NS, group, rules))
            .filter(Objects::nonNull)
            .toList();
    return run.verify(groups, heard);
  }

  /** With the present second for a task. */
  private List<String> verify(VerifyRules rules) {
    return verify(String.valueOf(memory.clock.instant().getEpochSecond()), rules);
  }

  private static VerifyRules outdatedAfter(long days) {
    return new VerifyRules(true, OptionalLong.of(days));
  }

  private @Nullable State stateOf(SnapshotId snapshot) {
    VerifyState state = store.manifest(NS, snapshot).verifyState();
    return state == null ? null : state.state();
  }

  /** Named by one snapshot alone. */
  private Digest ownChunk(SnapshotId snapshot) {
    return store.readIndex(NS, snapshot, SmallBackup.FIXED).digest(0);
  }

  @Test
  void notesThatAllIsWell() {
    assertThat(verify(VerifyRules.all())).isEmpty();
    assertThat(heard.snapshots).containsExactly(THIRD, SECOND, FIRST);
    assertThat(heard.progress).containsExactly("1/1 1/3", "1/1 2/3", "1/1 3/3");
    assertThat(heard.problems).isEmpty();
    assertThat(Stream.of(FIRST, SECOND, THIRD).map(this::stateOf)).containsOnly(State.OK);
  }

  @Test
  void readsAChunkOnceHoweverManyArchivesNameIt() {
    long before = memory.disk.readBytes("");
    verify(VerifyRules.all());
    long read = memory.disk.readBytes("") - before;
    long stored =
        Stream.of(FIRST, SECOND, THIRD)
            .flatMap(snapshot -> memory.chunksOf(NS, snapshot).stream())
            .distinct()
            .mapToLong(digest -> store.chunks().read(digest).length)
            .sum();
    assertThat(read).isEqualTo(stored);
  }

  @Test
  void namesADamagedChunkSetsItAsideAndLetsTheNextUploadMendIt() throws IOException {
    Digest damaged = ownChunk(SECOND);
    byte[] good = store.chunks().read(damaged);
    memory.damage(damaged);

    assertThat(verify(VerifyRules.all())).containsExactly("a/b: " + SECOND);

    assertThat(stateOf(SECOND)).isEqualTo(State.FAILED);
    assertThat(stateOf(FIRST)).isEqualTo(State.OK);
    assertThat(heard.problems)
        .singleElement()
        .asString()
        .startsWith(SECOND + "/drive.img.fidx: chunk 0 (" + damaged + ") at offset 0: ")
        .endsWith(", corrupt chunk renamed to " + damaged + ".0.bad");
    Path bad = store.chunks().path(damaged).resolveSibling(damaged + ".0.bad");
    assertThat(memory.exists(bad)).isTrue();

    assertThat(store.chunks().insert(damaged, good, good.length).duplicate()).isFalse();
    assertThat(verify(VerifyRules.all())).isEmpty();
    assertThat(stateOf(SECOND)).isEqualTo(State.OK);
  }

  @Test
  void failsEverySnapshotThatNamesTheSameDamagedChunk() throws IOException {
    memory.damage(store.readIndex(NS, FIRST, SmallBackup.FIXED).digest(2));
    assertThat(verify(VerifyRules.all())).hasSize(3);
    assertThat(heard.problems).hasSize(3);
  }

  @Test
  void namesAMissingChunk() throws IOException {
    Digest missing = ownChunk(FIRST);
    memory.disk.delete(store.chunks().path(missing));
    assertThat(verify(VerifyRules.all())).containsExactly("a/b: " + FIRST);
    assertThat(heard.problems).singleElement().asString().contains(missing.hex());
  }

  @Test
  void doesNotSetAsideAChunkThatSomebodyHasReplacedMeanwhile() throws IOException {
    Digest digest = ownChunk(FIRST);
    byte[] good = store.chunks().read(digest);
    memory.damage(digest);
    String renamed = store.chunks().setAside(digest, stored -> !Arrays.equals(stored, good));
    assertThat(renamed).isEqualTo(digest + ".0.bad");
    store.chunks().insert(digest, good, good.length);
    assertThat(store.chunks().setAside(digest, stored -> !Arrays.equals(stored, good))).isNull();
    assertThat(store.chunks().setAside(digest, stored -> true)).isEqualTo(digest + ".1.bad");
  }

  @Test
  void looksFirstAtWhatWasVerifiedLongestAgo() {
    verify("300", VerifyRules.all());
    store.updateManifest(NS, SECOND, m -> m.withVerifyState(new VerifyState(State.OK, "100")));
    store.updateManifest(NS, FIRST, m -> m.withUnprotected("verify_state", null));
    heard.snapshots.clear();
    verify(VerifyRules.all());
    assertThat(heard.snapshots).containsExactly(FIRST, SECOND, THIRD);
  }

  @Test
  void passesOverWhatWasVerifiedWellOrNotUntilThatIsTooOld() throws IOException {
    memory.damage(ownChunk(FIRST));
    verify(VerifyRules.all());
    memory.clock.advance(Duration.ofHours(47));

    assertThat(verify(new VerifyRules(true, OptionalLong.empty()))).isEmpty();
    assertThat(verify(outdatedAfter(1))).isEmpty();
    assertThat(verify(outdatedAfter(0))).containsExactly("a/b: " + FIRST);
    memory.clock.advance(Duration.ofHours(47));
    heard.snapshots.clear();
    assertThat(verify(outdatedAfter(1))).isEmpty();
    assertThat(heard.snapshots).isEmpty();
  }

  @Test
  void passesOverASnapshotThatSomebodyChanges() {
    try (Lease held = store.lockSnapshotExclusive(NS, SECOND)) {
      assertThat(verify(VerifyRules.all())).isEmpty();
    }
    assertThat(heard.snapshots).containsExactly(THIRD, FIRST);
    assertThat(heard.skipped).singleElement().asString().contains("unable to acquire lock");
    assertThat(stateOf(SECOND)).isNull();
  }

  @Test
  void keepsWhatItFoundUntilItIsStopped() {
    heard.checksLeft = 20;
    assertThatThrownBy(() -> verify(VerifyRules.all())).hasMessage("stopped");
    assertThat(stateOf(THIRD)).isEqualTo(State.OK);
    assertThat(stateOf(FIRST)).isNull();
  }

  @Test
  void refusesDaysBelowZero() {
    assertThatThrownBy(() -> outdatedAfter(-1))
        .hasMessage("found outdated-after -1, expected 0 or more days");
  }
}
