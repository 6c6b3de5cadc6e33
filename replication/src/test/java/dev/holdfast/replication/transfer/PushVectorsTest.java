package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.mesh.NoMesh;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: what a real server wrote — encrypted, signed, split, images — can be pushed as it is
 * (vectors/README.md).
 */
class PushVectorsTest {
  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();
  @TempDir private Path directory = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pbs-3.2.4/datastore-plain",
        "pbs-3.2.4/datastore-crypt",
        "pbs-4.2/datastore-split",
        "pbs-4.2/datastore-splitcrypt"
      })
  void aDatastoreOfARealServerIsPushedWhole(String vector) throws IOException {
    Path base = Vectors.unpack(vector + ".tar.zst", Files.createDirectory(directory.resolve("s")));
    ExecutorService workers = Executors.newFixedThreadPool(2);
    RecordingReport report = new RecordingReport();
    try (Datastore source = TestStores.open(base);
        TestStore copy = new TestStore("copy", directory.resolve("copy"), 1);
        PushTarget target = new PushTarget(VERTX.vertx(), copy.store);
        RemoteNode node = target.node()) {
      PushSync sync =
          new PushSync(
              source,
              SourceRights.EVERYTHING,
              node,
              copy.store.name(),
              Mapping.push(Namespace.ROOT, Namespace.ROOT, PushTarget.TOKEN),
              SyncRules.DEFAULT,
              new GroupLeases(
                  new NoMesh("lyon", "alone", InstantSource.system()),
                  "paris",
                  copy.store.name(),
                  Duration.ofMinutes(1)),
              TransferLimits.DEFAULT,
              workers);
      SyncResult result = sync.run(sync.plan(SyncScope.ALL), report);
      assertThat(result.failures()).isEmpty();
      assertThat(result.snapshots()).isPositive().isEqualTo(compare(source, copy));
      assertThat(sync.plan(SyncScope.ALL).isEmpty()).isTrue();
    } finally {
      workers.shutdownNow();
    }
  }

  /** Returns how many snapshots there are. */
  private static long compare(Datastore source, TestStore copy) {
    SnapshotVerifier verifier = new SnapshotVerifier(copy.store);
    long compared = 0;
    for (Namespace ns : source.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : source.groups(ns)) {
        for (SnapshotId id : source.snapshots(ns, group)) {
          if (source.isFinished(ns, id)) {
            Manifest manifest = source.manifest(ns, id);
            assertThat(copy.store.manifest(ns, id)).isEqualTo(manifest);
            assertThat(verifier.verify(ns, id)).isEmpty();
            for (ManifestFile file : manifest.files()) {
              if (!file.name().isIndex()) {
                assertThat(copy.store.readBlob(ns, id, file.name()))
                    .isEqualTo(source.readBlob(ns, id, file.name()));
              }
            }
            compared++;
          }
        }
      }
    }
    return compared;
  }
}
