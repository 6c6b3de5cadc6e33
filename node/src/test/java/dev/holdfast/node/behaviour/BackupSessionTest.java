package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.StreamAnswers;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what real clients do in a backup session works as they do it. What they do wrong is
 * {@code BadUploadTest}'s.
 */
final class BackupSessionTest {
  private static final int CHUNK_BYTES = 4 << 20;
  private static final String FIXED = "fixed";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;

  BackupSessionTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  private static byte[] filled(int with) {
    byte[] chunk = new byte[CHUNK_BYTES];
    Arrays.fill(chunk, (byte) with);
    return chunk;
  }

  private static void refused(StreamAnswers.Answer answer, String status, String text) {
    assertThat(answer.text()).isEqualTo(text);
    assertThat(answer.status()).isEqualTo(status);
  }

  @Test
  @Behaviour(22)
  void whatIsNotInTheLastBackupIsToldApart() throws IOException {
    SnapshotId first = Site.snapshot("previous", Site.TIME);
    try (RawSession session = site.writer(first)) {
      refused(
          session.call("GET /previous?archive-name=index.json.blob"),
          "400",
          "no valid previous backup");
    }
    site.awaitIdle();
    site.backUp(first);
    try (RawSession session = site.writer(Site.snapshot("previous", Site.TIME + 1))) {
      refused(
          session.call("GET /previous?archive-name=other.blob"),
          "404",
          "open file \"" + first + "/other.blob\" failed - not found");
      refused(
          session.call("GET /previous?archive-name=other.img.fidx"),
          "400",
          "Unable to open fixed index \""
              + first
              + "/other.img.fidx\" - No such file or directory (os error 2)");
      refused(
          session.call("GET /previous?archive-name=other.txt"),
          "400",
          "unknown archive type: \"other.txt\"");
      assertThat(session.call("GET /previous?archive-name=index.json.blob").status())
          .isEqualTo("200");
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(25)
  void anUnchangedImageIsClosedWithoutAnyChunk() throws IOException {
    SnapshotId first = Site.snapshot("vm", Site.TIME);
    Digest csum = imageOfTwo(first);
    SnapshotId second = Site.snapshot("vm", Site.TIME + 1);
    try (RawSession session = site.writer(second)) {
      RawUpload upload = new RawUpload(session, second);
      assertThat(session.call("GET /previous?archive-name=disk.img.fidx").status())
          .isEqualTo("200");
      int wid =
          upload.okFixedIndex(
              "disk.img.fidx", "&size=" + 2 * CHUNK_BYTES + "&reuse-csum=" + csum.hex());
      // The chunk of zeros that every drive uploads, needed or not.
      var unused = upload.okChunk(FIXED, wid, filled(0));
      upload.ok(RawUpload.close(FIXED, wid, 0, 0, csum));
      upload.listed("disk.img.fidx", 2 * CHUNK_BYTES, csum);
      upload.okFinish();
    }
    site.awaitIdle();
    assertThat(index(second)).isEqualTo(index(first));
  }

  /** An image, its chunks appended from the end; returns its checksum. */
  private Digest imageOfTwo(SnapshotId snapshot) throws IOException {
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      int wid = upload.okFixedIndex("disk.img.fidx", "&size=" + 2 * CHUNK_BYTES);
      Digest a = upload.okChunk(FIXED, wid, filled('a'));
      Digest b = upload.okChunk(FIXED, wid, filled('b'));
      upload.ok(RawUpload.append(FIXED, wid, b, CHUNK_BYTES));
      upload.ok(RawUpload.append(FIXED, wid, a, 0));
      Digest csum = RawUpload.checksum(a, b);
      upload.ok(RawUpload.close(FIXED, wid, 2, 2 * CHUNK_BYTES, csum));
      upload.listed("disk.img.fidx", 2 * CHUNK_BYTES, csum);
      upload.okFinish();
      return csum;
    }
  }

  /** The entries of the image's index. */
  private byte[] index(SnapshotId snapshot) throws IOException {
    byte[] file =
        Files.readAllBytes(site.store.resolve(snapshot.toString()).resolve("disk.img.fidx"));
    return Arrays.copyOfRange(file, 4096, file.length);
  }

  @Test
  @Behaviour(26)
  void imagesAreWrittenInAnyOrderAndSideBySide() throws IOException {
    SnapshotId snapshot = Site.snapshot("drives", Site.TIME);
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      int one = upload.okFixedIndex("one.img.fidx", "&size=" + (2 * CHUNK_BYTES + 5));
      int two = upload.okFixedIndex("two.img.fidx", "&size=" + 2 * CHUNK_BYTES);
      Digest a = upload.okChunk(FIXED, one, filled('a'));
      Digest b = upload.okChunk(FIXED, two, filled('b'));
      Digest end = upload.okChunk(FIXED, one, new byte[] {1, 2, 3, 4, 5});
      upload.ok(RawUpload.append(FIXED, one, end, 2L * CHUNK_BYTES));
      upload.ok(RawUpload.append(FIXED, two, a, CHUNK_BYTES));
      upload.ok(RawUpload.append(FIXED, one, a, 0));
      upload.ok(RawUpload.append(FIXED, two, b, 0));
      upload.ok(RawUpload.append(FIXED, one, b, CHUNK_BYTES));
      Digest csum = RawUpload.checksum(b, a);
      upload.ok(RawUpload.close(FIXED, two, 2, 2 * CHUNK_BYTES, csum));
      upload.listed("two.img.fidx", 2 * CHUNK_BYTES, csum);
      csum = RawUpload.checksum(a, b, end);
      upload.ok(RawUpload.close(FIXED, one, 3, 2 * CHUNK_BYTES + 5, csum));
      upload.listed("one.img.fidx", 2 * CHUNK_BYTES + 5, csum);
      upload.okFinish();
    }
    site.awaitIdle();
    assertThat(site.snapshots("drives").path(0).path("files")).hasSize(3);
  }

  @Test
  @Behaviour(27)
  void aSecondCloseIsRefusedAndTheSessionGoesOn() throws IOException {
    SnapshotId snapshot = Site.snapshot("twice", Site.TIME);
    byte[] content = Site.content(snapshot);
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      upload.okArchive("test.bin.didx", content);
      Digest csum = RawUpload.checksumOfOne(content);
      refused(
          session.call(RawUpload.close("dynamic", 1, 1, content.length, csum)),
          "400",
          "dynamic writer '1' not registered");
      upload.okFinish();
    }
    site.awaitIdle();
    assertThat(site.snapshots("twice")).hasSize(1);
  }

  @Test
  @Behaviour(29)
  void aConnectionThatBreaksAfterTheFinishHasSucceeded() throws IOException {
    SnapshotId snapshot = Site.snapshot("broken", Site.TIME);
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      upload.okArchive("root.pxar.didx", Site.content(snapshot));
      upload.okFinish();
      session.cut();
    }
    site.awaitIdle();
    assertThat(site.snapshots("broken").path(0).path("size").longValue()).isPositive();
    assertThat(newestTask().path("status").textValue()).isEqualTo("OK");
  }

  private JsonNode newestTask() {
    return site.node.admin().get("/nodes/localhost/tasks").path(0);
  }

  @Test
  @Behaviour(30)
  void aConnectionThatBreaksBeforeTheFinishLeavesChunksAlone() throws IOException {
    SnapshotId snapshot = Site.snapshot("cut", Site.TIME);
    Digest digest;
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      int wid = upload.okDynamicIndex("root.pxar.didx");
      digest = upload.okChunk("dynamic", wid, Site.content(snapshot));
      session.cut();
    }
    site.awaitIdle();
    assertThat(site.store.resolve(snapshot.toString())).doesNotExist();
    assertThat(site.snapshots("cut")).isEmpty();
    String hex = digest.hex();
    assertThat(site.store.resolve(".chunks").resolve(hex.substring(0, 4)).resolve(hex)).exists();
    site.backUp(snapshot);
    assertThat(site.snapshots("cut")).hasSize(1);
  }

  @Test
  @Behaviour(44)
  void theManifestTellsWhatWasUploadedAndKeepsItsBytes() throws IOException {
    SnapshotId snapshot = Site.snapshot("stats", Site.TIME);
    site.backUp(snapshot);
    Path file = site.store.resolve(snapshot.toString()).resolve("index.json.blob");
    byte[] stored = Files.readAllBytes(file);
    assertThat(new String(Manifest.decodeBlob(stored).json(), StandardCharsets.UTF_8))
        .containsPattern(
            "\"chunk_upload_stats\": \\{\\s+\"compressed_size\": \\d+,\\s+\"count\": 1,"
                + "\\s+\"duplicates\": 0,\\s+\"size\": \\d+\\s+}");
    assertThat(site.snapshots("stats")).hasSize(1);
    site.backUp(Site.snapshot("stats", Site.TIME + 1));
    assertThat(file).hasBinaryContent(stored);
  }

  @Test
  @Behaviour(47)
  void parametersComeInTheQueryOrAsJson() throws IOException {
    SnapshotId snapshot = Site.snapshot("json", Site.TIME);
    byte[] content = Site.content(snapshot);
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      upload.okArchive("query.pxar.didx", content);
      assertThat(json(session, "POST /dynamic_index", "{\"archive-name\":\"json.pxar.didx\"}"))
          .isEqualTo("{\"data\":2}");
      Digest digest = upload.okChunk("dynamic", 2, content);
      String lists = "\"digest-list\":[\"" + digest + "\"],\"offset-list\":[0]";
      assertThat(json(session, "PUT /dynamic_index", "{\"wid\":2," + lists + "}"))
          .isEqualTo("{\"data\":null}");
      String close =
          "{\"wid\":2,\"chunk-count\":1,\"size\":"
              + content.length
              + ",\"csum\":\""
              + RawUpload.checksumOfOne(content)
              + "\"}";
      assertThat(json(session, "POST /dynamic_close", close)).isEqualTo("{\"data\":null}");
      upload.listed("json.pxar.didx", content.length, RawUpload.checksumOfOne(content));
      upload.okFinish();
    }
    site.awaitIdle();
  }

  private static String json(RawSession session, String head, String body) throws IOException {
    return session
        .call(head, "application/json; charset=UTF-8", body.getBytes(StandardCharsets.UTF_8))
        .text();
  }
}
