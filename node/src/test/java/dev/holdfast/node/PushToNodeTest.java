package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.mesh.NoMesh;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.transfer.GroupLeases;
import dev.holdfast.replication.transfer.PushSync;
import dev.holdfast.replication.transfer.SourceRights;
import dev.holdfast.replication.transfer.SyncReport;
import dev.holdfast.replication.transfer.SyncResult;
import dev.holdfast.replication.transfer.SyncScope;
import dev.holdfast.replication.transfer.TransferLimits;
import dev.holdfast.replication.transfer.Transferred;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a push and a node must understand each other in every call (spec/protocols.md §8.3).
 */
final class PushToNodeTest {
  private static final AuthId OWNER = AuthId.parse("backup@pbs");
  private static final GroupId WEB = GroupId.parse("host/web1");
  private static final GroupId VM = GroupId.parse("vm/100");
  private static final Namespace LAB = Namespace.parse("lab");
  private static final Namespace INTO = Namespace.parse("sites/lyon");
  private static final Namespace INTO_LAB = Namespace.parse("sites/lyon/lab");
  private static final long FIRST = 1_700_000_000;
  private static final long SECOND = FIRST + 3600;
  private static final ArchiveName ROOT = new ArchiveName("root.pxar.didx");
  private static final String LISTS = "/admin/datastore/main/";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Random random = new Random(20261127);
  private final ExecutorService workers = Executors.newFixedThreadPool(2);
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final Datastore source;
  private final TestNode node;
  private final Credential.Token token;
  private final RemoteNode peer;

  PushToNodeTest(@TempDir Path directory) throws IOException {
    source = TestStores.open(TestStores.bare(directory.resolve("source")));
    node = TestNode.start(VERTX, Files.createDirectory(directory.resolve("node")));
    token = node.token("push", "/datastore/main", "DatastoreAdmin");
    peer = node.client(token);
  }

  @AfterEach
  void stop() {
    workers.shutdownNow();
    node.close();
    source.close();
  }

  private PushSync sync(boolean removeVanished) {
    return new PushSync(
        source,
        SourceRights.EVERYTHING,
        peer,
        TestNode.STORE,
        Mapping.push(Namespace.ROOT, INTO, token.id()),
        SyncRules.DEFAULT.withRemoveVanished(removeVanished),
        new GroupLeases(
            new NoMesh("lyon", "alone", InstantSource.system()),
            "paris",
            TestNode.STORE,
            Duration.ofMinutes(1)),
        TransferLimits.DEFAULT,
        workers);
  }

  private SyncResult run(boolean removeVanished) {
    PushSync sync = sync(removeVanished);
    SyncResult result = sync.run(sync.plan(SyncScope.ALL), new Report());
    assertThat(result.failures()).isEmpty();
    assertThat(result.busyGroups()).isEmpty();
    assertThat(warnings).isEmpty();
    return result;
  }

  private final class Report implements SyncReport {
    @Override
    public void log(String line) {}

    @Override
    public void warn(String line) {
      warnings.add(line);
    }

    @Override
    public void checkAborted() {}

    @Override
    public void transferred(Transferred snapshot) {}
  }

  /** A snapshot of these chunks and a hundred new ones, which are returned. */
  private List<byte[]> add(Namespace namespace, SnapshotId snapshot, List<byte[]> before) {
    List<byte[]> plain = new ArrayList<>(before);
    for (int i = 0; i < 100; i++) {
      byte[] chunk = new byte[1 + random.nextInt(5000)];
      random.nextBytes(chunk);
      plain.add(chunk);
    }
    source.createNamespaces(namespace);
    try (GroupLock group = source.lockGroup(namespace, snapshot.group(), OWNER);
        SnapshotWriter writer = source.beginSnapshot(namespace, snapshot);
        DynamicIndexWriter index = writer.dynamicIndex(ROOT)) {
      long end = 0;
      for (byte[] chunk : plain) {
        byte[] encoded = DataBlob.encode(chunk, 0, chunk.length, true);
        var unused = source.chunks().insert(Digest.sha256(chunk), encoded, encoded.length);
        end += chunk.length;
        index.append(end, Digest.sha256(chunk));
      }
      ManifestFile file = new ManifestFile(ROOT, CryptMode.NONE, end, index.checksum());
      index.finish();
      writer.finishWith(Manifest.of(snapshot, List.of(file)).withNotes("notes").encodeBlob());
    }
    return plain;
  }

  private void assertCopied(Namespace from, Namespace to, SnapshotId snapshot) {
    Manifest original = source.manifest(from, snapshot);
    try (ReaderSession reader = peer.openReader(TestNode.STORE, to, snapshot)) {
      Manifest copy = Manifest.decodeBlob(reader.download(ArchiveName.MANIFEST));
      assertThat(copy.withUnprotected("chunk_upload_stats", null)).isEqualTo(original);
      Digest csum = original.files().getFirst().csum();
      assertThat(reader.index(ROOT, csum).checksum()).isEqualTo(csum);
    }
  }

  @Test
  void aNodeTakesAPushAndWhatVanishedIsRemoved() {
    List<byte[]> first = add(Namespace.ROOT, WEB.at(FIRST), List.of());
    assertThat(add(Namespace.ROOT, WEB.at(SECOND), first)).hasSize(200);
    assertThat(add(LAB, VM.at(FIRST), List.of())).hasSize(100);
    SyncResult result = run(false);
    assertThat(result.snapshots()).isEqualTo(3);
    assertThat(result.chunks()).isEqualTo(300);
    assertCopied(Namespace.ROOT, INTO, WEB.at(FIRST));
    assertCopied(Namespace.ROOT, INTO, WEB.at(SECOND));
    assertCopied(LAB, INTO_LAB, VM.at(FIRST));
    assertThat(sync(true).plan(SyncScope.ALL).isEmpty()).isTrue();

    source.deleteSnapshot(Namespace.ROOT, WEB.at(FIRST), false);
    assertThat(source.deleteNamespace(LAB, true).removedGroups()).isEqualTo(1);
    assertThat(run(true).snapshots()).isZero();
    assertThat(peer.get(LISTS + "snapshots", Map.of("ns", INTO.toString())))
        .singleElement()
        .satisfies(one -> assertThat(one.path("backup-time").asLong()).isEqualTo(SECOND));
    assertThat(peer.get(LISTS + "namespace"))
        .noneMatch(one -> one.path("ns").asText().equals(INTO_LAB.toString()));
    assertThat(sync(true).plan(SyncScope.ALL).isEmpty()).isTrue();
  }
}
