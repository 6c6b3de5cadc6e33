package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.mesh.InMemoryMesh;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.testing.StoreServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A source with a server in front of it, and an empty store of our own. */
final class PullFixture implements AutoCloseable {
  static final AuthId OWNER = AuthId.parse("mirror@pbs");
  static final String SITE = "here";
  static final Duration LEASE_TTL = Duration.ofMinutes(1);

  final TestStore made;
  final Datastore source;
  final Datastore local;
  final StoreServer server;
  final RemoteNode client;
  final InMemoryMesh.Bus bus = new InMemoryMesh.Bus(InstantSource.system());
  final InMemoryMesh mesh = mesh(SITE);
  final NavigableSet<Long> removedHere = new TreeSet<>();
  final ChunkFetches fetches = new ChunkFetches();
  final RecordingReport report = new RecordingReport();
  final ExecutorService workers = Executors.newFixedThreadPool(2);

  Mapping mapping = Mapping.pull(Namespace.ROOT, Namespace.ROOT, OWNER);
  SyncRules rules = SyncRules.DEFAULT;
  TargetRights rights = TargetRights.EVERYTHING;
  TransferLimits limits = TransferLimits.DEFAULT;

  PullFixture(Vertx vertx, Path directory) {
    this(vertx, directory, directory.resolve("source"));
  }

  /**
   * @param sourceBase may hold a datastore already
   */
  PullFixture(Vertx vertx, Path directory, Path sourceBase) {
    made = new TestStore("test", sourceBase, 1);
    source = made.store;
    try {
      local = TestStores.open(TestStores.bare(directory.resolve("local")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server = new StoreServer(vertx, source);
    client = server.client();
  }

  @Override
  public void close() {
    client.close();
    server.close();
    workers.shutdownNow();
    source.close();
    local.close();
  }

  /** A member of the mesh that our leases are taken in. */
  InMemoryMesh mesh(String site) {
    InMemoryMesh member = new InMemoryMesh(bus, site, "1", InstantSource.system(), Runnable::run);
    member.start();
    return member;
  }

  PullSync sync() {
    return sync(client);
  }

  PullSync sync(RemoteNode peer) {
    return sync(PullSource.of(peer, source.name()));
  }

  PullSync sync(PullSource from) {
    return new PullSync(
        from,
        local,
        rights,
        mapping,
        rules,
        new GroupLeases(mesh, SITE, local.name(), LEASE_TTL),
        fetches,
        limits,
        workers,
        (namespace, group) -> removedHere,
        InstantSource.system());
  }

  SyncPlan plan() {
    return sync().plan(SyncScope.ALL);
  }

  SyncResult run() {
    return run(plan());
  }

  /** The server may notice the end of a session later than we do; here it has. */
  SyncResult run(SyncPlan plan) {
    SyncResult result = sync().run(plan, report);
    server.awaitSessionsEnded();
    return result;
  }

  void removeVanished() {
    rules = rules.withRemoveVanished(true);
  }

  /** At the source: the namespace too. */
  void backup(String namespace, String snapshot, long seed) {
    source.createNamespaces(Namespace.parse(namespace));
    SmallBackup.write(source, Namespace.parse(namespace), SnapshotId.parse(snapshot), seed);
  }

  /** The copy is the original byte for byte, and everything in it can be read. */
  void assertSame(String from, String into, String snapshot) {
    SnapshotId id = SnapshotId.parse(snapshot);
    Namespace original = Namespace.parse(from);
    Namespace copy = Namespace.parse(into);
    assertThat(local.isFinished(copy, id)).as(snapshot).isTrue();
    assertThat(local.readBlob(copy, id, ArchiveName.MANIFEST))
        .isEqualTo(source.readBlob(original, id, ArchiveName.MANIFEST));
    assertThat(new SnapshotVerifier(local).verify(copy, id)).isEmpty();
    assertThat(local.owner(copy, id.group())).isEqualTo(OWNER);
  }
}
