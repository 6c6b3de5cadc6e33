package dev.holdfast.node.recorded;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.recorded.RecordedCall.Answer;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.node.testing.TranscriptReplay;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: backups, restores, management, pulls and pushes of both versions of the real programs
 * meet the answers that they met at a real server. Ground truth: {@code vectors/*}{@code
 * /transcripts}, played by connection. Each difference that is left stands, with its reason, in
 * {@code talk-differences.txt}, and a line there that is no longer needed fails too.
 */
final class TalkReplayTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String OLD = "pbs-3.2.4/transcripts/";
  private static final String NEW = "pbs-4.2/transcripts/";
  private static final long VANISHING_TIME = 1_719_900_000;
  private static final int SWITCHED = 101;

  /** Sizes of manifests follow from their compression; numbers of writers from their order. */
  private static final Pattern NEW_IN_EVERY_RUN =
      Pattern.compile("GET .*[?&](file|archive)-name=index\\.json\\.blob|POST /[a-z]+_index\\?.*");

  private static final String USER = "backup@pbs";
  private static final String TOKEN = "backup@pbs!t1";

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private final List<String> unknown = new ArrayList<>();
  private int answers;
  private int agreeing;

  /** Compares answers, and keeps what is not explained. */
  private TranscriptReplay.Judge judge(KnownDifferences known, TestNode node) {
    return answer -> {
      Set<String> facts = facts(answer);
      answers++;
      agreeing += facts.isEmpty() ? 1 : 0;
      for (String fact : facts) {
        if (!known.covers(answer.asked(), fact)) {
          unknown.add(answer.asked() + " | " + fact);
        }
      }
      if (answer.asked().matches("POST .*/gc")) {
        // What is asked next was recorded when it was done.
        new TaskRuns(node.admin()).ended(JSON.readTree(answer.text()).path("data").asText());
      }
    };
  }

  private static Set<String> facts(TranscriptReplay.Judge.Answer answer) throws IOException {
    JsonNode recorded = answer.recorded();
    int status = status(recorded);
    JsonNode body = recorded.path("body");
    Set<String> facts = new TreeSet<>();
    if (status == SWITCHED) {
      assertThat(answer.status()).as("%s: %s", answer.asked(), answer.text()).isEqualTo(SWITCHED);
    }
    if (NEW_IN_EVERY_RUN.matcher(answer.asked()).matches() && status == answer.status()) {
      return facts;
    }
    if (body.hasNonNull("text") || status != answer.status()) {
      facts.addAll(
          Differences.between(
              new Answer(status, "", "", "", relative(body.path("text").asText(""))),
              new Answer(answer.status(), "", "", "", answer.text())));
    } else if (body.path("size").intValue() != answer.body().length) {
      facts.add("size " + answer.body().length + " for " + body.path("size").intValue());
    }
    String type = header(recorded, "content-type");
    String found = answer.headers().getOrDefault("content-type", "");
    if (status == answer.status() && !type.equals(found)) {
      facts.add("content type '" + found + "' for '" + type + "'");
    }
    return facts;
  }

  /** A node tells paths from the datastore on. */
  private static String relative(String text) {
    return text.replaceAll("/mnt/datastore/site[0-9a-z]*/[a-z]+/", "");
  }

  private static int status(JsonNode recorded) {
    String line = recorded.path("line").asText("");
    return Integer.parseInt(line.isEmpty() ? header(recorded, ":status") : line.split(" ", 3)[1]);
  }

  private static String header(JsonNode recorded, String name) {
    for (JsonNode header : recorded.path("headers")) {
      if (header.get(0).textValue().equals(name)) {
        return header.get(1).textValue();
      }
    }
    return "";
  }

  // ---- playing ----

  private static List<JsonNode> lines(String transcript) throws IOException {
    return Vectors.jsonLines(transcript + ".jsonl");
  }

  private static void play(TranscriptReplay replay, StandInBodies bodies, String... transcripts)
      throws IOException {
    for (String transcript : transcripts) {
      List<JsonNode> lines = lines(transcript);
      bodies.study(lines);
      replay.play(lines, bodies);
    }
  }

  /** Only the sessions on groups of some names, and into datastore taps instead of pushed. */
  private static void playIntoTaps(
      TranscriptReplay replay, StandInBodies bodies, String transcript, String wanted)
      throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (JsonNode line : lines(transcript)) {
      lines.add(JSON.readTree(line.toString().replace("store=pushed", "store=taps")));
    }
    bodies.study(lines);
    Set<Integer> chosen = new TreeSet<>();
    List<JsonNode> sessions = new ArrayList<>();
    for (JsonNode line : lines) {
      int connection = line.path("conn").intValue();
      if (line.path("line").asText("").matches(".*/backup\\?backup-id=(" + wanted + ")&.*")) {
        chosen.add(connection);
        sessions.add(connect(connection));
      }
      if (chosen.contains(connection)) {
        sessions.add(line);
      }
    }
    replay.play(sessions, bodies);
  }

  private static JsonNode connect(int connection) {
    return JSON.createObjectNode().put("conn", connection).put("kind", "connect");
  }

  private Path unpack(String archive) throws IOException {
    return Vectors.unpack(archive, Files.createTempDirectory(directory, "vectors"));
  }

  @Test
  void everyTranscriptMeetsTheRecordedAnswers() throws IOException {
    KnownDifferences known = new KnownDifferences("/talk-differences.txt");
    playOld(known);
    playNew(known);
    playNewToOld(known);
    System.out.printf(
        "%d answers: %d agree, %d lines of differences, %d unexplained%n",
        answers, agreeing, known.count(), unknown.size());
    assertThat(unknown).as("differences that are not listed").isEmpty();
    assertThat(known.notNeeded()).as("listed differences that do not occur").isEmpty();
  }

  private void playOld(KnownDifferences known) throws IOException {
    Path backups = unpack(OLD + "datastore-of-backups.tar.zst");
    RecordedServer server =
        RecordedServer.plain(strict, Files.createDirectory(directory.resolve("a")), List.of());
    StandInBodies bodies =
        new StandInBodies(List.of(backups, server.store("plain"), server.store("crypt")));
    try (var node = server.node();
        TranscriptReplay replay =
            new TranscriptReplay(node.address().port(), judge(known, node), authorization())) {
      play(replay, bodies, OLD + "backup-first", OLD + "backup-second", OLD + "restore");
      play(replay, bodies, OLD + "backup-encrypted-token");
      forget(node.admin(), "plain", "host", "in-ns", "site-a", 1717804800);
      play(replay, bodies, OLD + "sync-pull", NEW + "sync-pull-42-from-324");
      play(replay, bodies, OLD + "management");
    }
  }

  /** So that a recorded session can make it. */
  private static void forget(
      RemoteNode admin, String store, String type, String id, String namespace, long time) {
    new TaskRuns(admin).allEnded();
    var unused =
        admin.delete(
            "/admin/datastore/" + store + "/snapshots",
            Map.of(
                "backup-type",
                type,
                "backup-id",
                id,
                "ns",
                namespace,
                "backup-time",
                Long.toString(time)));
  }

  private void playNew(KnownDifferences known) throws IOException {
    Path split = unpack("pbs-4.2/datastore-split.tar.zst");
    StandInBodies bodies = new StandInBodies(List.of(split));
    RecordedServer server =
        RecordedServer.pushed(strict, Files.createDirectory(directory.resolve("d")));
    try (var node = server.node();
        TranscriptReplay replay =
            new TranscriptReplay(node.address().port(), judge(known, node), authorization())) {
      RemoteNode admin = node.admin();
      play(replay, bodies, NEW + "backup-data-first", NEW + "backup-metadata-second");
      play(replay, bodies, NEW + "backup-image", NEW + "restore-split", NEW + "catalog-split");
      play(replay, bodies, NEW + "management");
      var unused = admin.post("/admin/datastore/pushed/namespace", json("name", "from-d"));
      play(replay, bodies, NEW + "sync-push-42-to-42-first");
      play(replay, bodies, NEW + "sync-push-42-to-42-nothing-new");
      playPulls(replay, bodies, admin);
      play(replay, bodies, NEW + "sync-push-42-to-42-vanished");
      addVanishing(admin, node.client(token()));
      play(replay, bodies, NEW + "sync-push-42-null-answers");
    }
  }

  private static void playPulls(TranscriptReplay replay, StandInBodies bodies, RemoteNode admin)
      throws IOException {
    var unused = admin.post("/admin/datastore/taps/namespace", json("name", "lab"));
    unused =
        admin.post("/admin/datastore/taps/namespace", json("name", "one").put("parent", "lab"));
    playIntoTaps(replay, bodies, NEW + "sync-push-42-to-324-first", "101|in-ns");
    own(admin, "vm", "101", "", USER);
    own(admin, "host", "in-ns", "lab/one", USER);
    play(replay, bodies, NEW + "sync-pull-42-from-42-worker-threads");
    play(replay, bodies, NEW + "sync-pull-42-from-42-again");
    new TaskRuns(admin).allEnded();
    unused =
        admin.delete(
            "/admin/datastore/taps/namespace", Map.of("ns", "lab/one", "delete-groups", "true"));
    unused =
        admin.delete(
            "/admin/datastore/taps/groups", Map.of("backup-type", "host", "backup-id", "tapimg"));
    own(admin, "host", "tap", "", TOKEN);
    playIntoTaps(replay, bodies, NEW + "sync-push-42-to-324-vanished", "tap");
    own(admin, "host", "tap", "", USER);
    forget(admin, "taps", "host", "tap", "", 1719900000);
    play(replay, bodies, NEW + "sync-pull-324-from-42", NEW + "sync-pull-42-from-42-vanished");
  }

  /** What the last push found without its source. */
  private static void addVanishing(RemoteNode admin, RemoteNode client) {
    DatastoreName pushed = new DatastoreName("pushed");
    Namespace namespace = Namespace.parse("from-d");
    var unused = admin.post("/admin/datastore/pushed/namespace", json("name", "enc"));
    unused =
        admin.post(
            "/admin/datastore/pushed/namespace", json("name", "nsgone").put("parent", "from-d"));
    for (String id : List.of("gone1", "gone2")) {
      SnapshotId snapshot = GroupId.parse("host/" + id).at(VANISHING_TIME);
      SmallUpload.run(client, pushed, namespace, snapshot, 1);
    }
  }

  private static Credential.Token token() {
    String secret = Objects.requireNonNull(RecordedServer.TOKENS.get(TOKEN));
    return new Credential.Token(AuthId.parse(TOKEN), new Secret(secret));
  }

  private static ObjectNode json(String name, String value) {
    return JSON.createObjectNode().put(name, value);
  }

  /** A group is written by one and read as another's. */
  private static void own(
      RemoteNode admin, String type, String id, String namespace, String owner) {
    var unused =
        admin.post(
            "/admin/datastore/taps/change-owner",
            json("backup-type", type)
                .put("backup-id", id)
                .put("ns", namespace)
                .put("new-owner", owner));
  }

  /** What was said to a server of 3.2.4. */
  private void playNewToOld(KnownDifferences known) throws IOException {
    StandInBodies bodies = new StandInBodies(List.of(unpack("pbs-4.2/datastore-split.tar.zst")));
    RecordedServer server =
        RecordedServer.pushed(strict, Files.createDirectory(directory.resolve("c")));
    try (var node = server.node();
        TranscriptReplay replay =
            new TranscriptReplay(node.address().port(), judge(known, node), authorization())) {
      play(replay, bodies, NEW + "backup-data-first-to-3.2.4");
      play(replay, bodies, NEW + "backup-metadata-second-to-3.2.4", NEW + "backup-image");
      play(replay, bodies, NEW + "management-to-3.2.4");
      play(replay, bodies, NEW + "sync-push-42-to-324-first");
      play(replay, bodies, NEW + "sync-push-42-to-324-vanished");
    }
  }

  private static String authorization() {
    return "PBSAPIToken=" + TOKEN + ":" + RecordedServer.TOKENS.get(TOKEN);
  }
}
