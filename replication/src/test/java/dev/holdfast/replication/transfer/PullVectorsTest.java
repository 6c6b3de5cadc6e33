package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.replication.plan.GroupView;
import dev.holdfast.replication.plan.Listing.FileFact;
import dev.holdfast.replication.plan.SnapshotView;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** At stake: what a real server wrote and lists is read as it means it (vectors/README.md). */
class PullVectorsTest {
  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();
  @TempDir private Path directory = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"pbs-3.2.4/datastore-plain", "pbs-3.2.4/datastore-crypt"})
  void aDatastoreOfARealServerIsPulledWhole(String vector) throws IOException {
    Path base = Vectors.unpack(vector + ".tar.zst", Files.createDirectory(directory.resolve("s")));
    try (PullFixture pull = new PullFixture(VERTX.vertx(), directory, base)) {
      Datastore source = pull.source;
      SyncResult result = pull.run();
      assertThat(result.failures()).isEmpty();
      int compared = 0;
      SnapshotVerifier verifier = new SnapshotVerifier(pull.local);
      for (Namespace ns : source.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
        for (GroupId group : source.groups(ns)) {
          for (SnapshotId id : source.snapshots(ns, group)) {
            if (source.isFinished(ns, id)) {
              assertThat(pull.local.readBlob(ns, id, ArchiveName.MANIFEST))
                  .isEqualTo(source.readBlob(ns, id, ArchiveName.MANIFEST));
              assertThat(verifier.verify(ns, id)).isEmpty();
              compared++;
            }
          }
        }
      }
      assertThat(compared).isPositive();
      assertThat(result.snapshots()).isEqualTo(compared);
      assertThat(pull.plan().isEmpty()).isTrue();
    }
  }

  @Test
  void theListOfARealServerSaysWhatItsDirectorySays() throws IOException {
    Path base =
        Vectors.unpack(
            "pbs-3.2.4/datastore-plain.tar.zst", Files.createDirectory(directory.resolve("s")));
    SnapshotList recorded = new SnapshotList();
    for (JsonNode call : Vectors.jsonLines("pbs-3.2.4/api-responses.jsonl")) {
      boolean ofRoot = call.path("params").isNull() && call.path("status").asInt() == 200;
      String path = call.path("path").asText();
      if (ofRoot && path.equals("/api2/json/admin/datastore/plain/snapshots")) {
        recorded.addSnapshots(call.path("json").path("data"));
      }
      if (ofRoot && path.equals("/api2/json/admin/datastore/plain/groups")) {
        recorded.addGroups(call.path("json").path("data"));
      }
    }
    try (Datastore store = TestStores.open(base)) {
      Map<GroupId, GroupView> onDisk =
          new LocalListing(store, SourceRights.EVERYTHING)
              .source(Namespace.ROOT, 0, true)
              .groups(Namespace.ROOT);
      assertThat(recorded.groups()).isNotEmpty();
      assertThat(facts(recorded.groups())).containsAllEntriesOf(facts(onDisk));
    }
  }

  /** Without the manifest's own size and verification: that was done in between. */
  private static Map<String, Object> facts(Map<GroupId, GroupView> groups) {
    Map<String, Object> facts = new TreeMap<>();
    groups.forEach(
        (group, view) -> {
          facts.put(group + " owner", view.owner());
          for (SnapshotView snapshot : view.snapshots().values()) {
            SortedMap<String, FileFact> files = new TreeMap<>(snapshot.listing().files());
            files.remove(ArchiveName.MANIFEST.text());
            String name = group.at(snapshot.time()).toString();
            facts.put(name + " files", files);
            facts.put(name + " finished", snapshot.finished());
            facts.put(name + " comment", String.valueOf(snapshot.listing().comment()));
          }
        });
    return facts;
  }
}
