package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.testing.RecordedBodies;
import dev.holdfast.node.testing.RecordedFiles;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.node.testing.TranscriptReplay;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: to an unmodified client a node is a server like the one it knows. What such a client
 * and such a server said to each other is recorded ({@code vectors/pbs-3.2.4/transcripts}); here
 * the client's part is played to a node, bytes and order as recorded. Every answer must have the
 * recorded status, headers and body, and the datastore must hold in the end what the recorded one
 * held.
 */
final class TranscriptTest {
  private static final String TRANSCRIPTS = "pbs-3.2.4/transcripts/";
  private static final DatastoreName STORE = new DatastoreName("scratch");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  @Test
  void backupsAndRestoreOfARealClientGetTheAnswersOfARealServer() throws IOException {
    Path recorded = unpack(TRANSCRIPTS + "datastore-of-backups.tar.zst").resolve("scratch");
    Path chunks = unpack("pbs-3.2.4/datastore-plain.tar.zst");
    RecordedBodies bodies = new RecordedBodies(recorded, List.of(chunks));
    Path store = TestStores.bare(directory.resolve("store"));
    try (TestNode node =
            TestNode.configured(
                strict, directory, "site: lyon", "datastores:", TestNode.declare(STORE, store));
        TranscriptReplay replay = new TranscriptReplay(node.address().port(), bodies)) {
      node.allow(node.user("backup@pbs", "pbs-test-pw").user(), "/datastore", "DatastoreAdmin");
      for (String name : List.of("backup-first", "backup-second", "restore")) {
        replay.play(Vectors.jsonLines(TRANSCRIPTS + name + ".jsonl"), bodies);
      }
    }
    assertThat(RecordedFiles.compare(recorded, "host/tap", store)).isGreaterThan(10);
  }

  private Path unpack(String archive) throws IOException {
    Path target = Files.createTempDirectory(directory, "vectors");
    return Vectors.unpack(archive, target);
  }
}
