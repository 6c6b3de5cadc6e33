package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.StreamAnswers;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: a reader gets what is its snapshot's, keeps it while it reads, and nothing else. */
final class ReaderSessionTest {
  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;

  ReaderSessionTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  @Test
  @Behaviour(33)
  void aSnapshotThatIsReadOrBuiltOnCannotBeRemovedAndNobodyWaits() throws IOException {
    SnapshotId old = Site.snapshot("held", Site.TIME);
    SnapshotId base = Site.snapshot("held", Site.TIME + 1);
    site.backUp(old);
    site.backUp(base);
    long began = System.nanoTime();
    try (RawSession reader = site.reader(old);
        RawSession writer = site.writer(Site.snapshot("held", Site.TIME + 2))) {
      for (SnapshotId snapshot : new SnapshotId[] {old, base}) {
        assertThat(forget(snapshot))
            .isEqualTo(
                "400 failed to delete snapshot - unable to acquire lock on snapshot directory \""
                    + snapshot
                    + "\" - possibly running or in use");
      }
      var prune =
          site.request("POST", Site.STORE + "/prune?backup-type=host&backup-id=held&keep-last=1")
              .send(site.port());
      assertThat(prune.status()).isEqualTo(200);
      assertThat(site.store.resolve(old.toString()).resolve("index.json.blob")).exists();
      assertThat(reader.call("GET /download?file-name=index.json.blob").status()).isEqualTo("200");
      assertThat(writer.call("GET /previous_backup_time").status()).isEqualTo("200");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    site.awaitIdle();
    assertThat(forget(old)).isEqualTo("200 {\"data\":null}");
    assertThat(forget(base)).isEqualTo("200 {\"data\":null}");
    assertThat(site.store.resolve("host/held")).doesNotExist();
  }

  private String forget(SnapshotId snapshot) throws IOException {
    PlainRequest.Answer answer =
        site.request("DELETE", Site.STORE + "/snapshots" + Site.query(snapshot)).send(site.port());
    return answer.status() + " " + answer.body();
  }

  @Test
  @Behaviour(34)
  void aChunkOfNoDownloadedIndexIsNotGivenThoughTheStoreHasIt() throws IOException {
    SnapshotId snapshot = Site.snapshot("mine", Site.TIME);
    SnapshotId other = Site.snapshot("other", Site.TIME + 7);
    site.backUp(snapshot);
    site.backUp(other);
    String own = Digest.sha256(Site.content(snapshot)).hex();
    String foreign = Digest.sha256(Site.content(other)).hex();
    try (RawSession session = site.reader(snapshot)) {
      assertThat(session.call("GET /download?file-name=root.pxar.didx").status()).isEqualTo("200");
      long began = System.nanoTime();
      StreamAnswers.Answer refused = session.call("GET /chunk?digest=" + foreign);
      assertThat(refused.status()).isEqualTo("401");
      assertThat(refused.text()).isEqualTo("download chunk " + foreign + " not allowed");
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isGreaterThanOrEqualTo(Duration.ofSeconds(3));
      assertThat(session.call("GET /chunk?digest=" + own).body())
          .isEqualTo(RawUpload.encoded(Site.content(snapshot)));
    }
    site.awaitIdle();
  }
}
