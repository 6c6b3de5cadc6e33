package dev.holdfast.node.recorded;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: sessions that are opened, driven and ended in odd ways meet the answers of a real
 * server. Ground truth: the 166 lines of {@code vectors/pbs-4.2/protocol-probes.jsonl}, played in
 * their order; what the recorded program did between them (backups, ends of connections) follows
 * from what they show. Each difference that is left stands, with its reason, in {@code
 * probe-differences.txt}, and a line there that is no longer needed fails too.
 */
final class ProbeReplayTest {
  private static final Pattern TIME = Pattern.compile("^\\S+: ");
  private static final Pattern NEW_IN_EVERY_RUN =
      Pattern.compile("(?<=UUID: )\\S+|(?<=Checksum: )\\S+|\\d+(?= bytes, comp)|(?<=comp: )\\d+");

  private static final long FIRST = 1_720_000_000;

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private final Deque<JsonNode> lines = new ArrayDeque<>();
  private final List<String> unknown = new ArrayList<>();
  private int agreeing;

  @Test
  void everyProbeMeetsTheRecordedAnswer() throws IOException {
    lines.addAll(Vectors.jsonLines("pbs-4.2/protocol-probes.jsonl"));
    int count = lines.size();
    KnownDifferences known = new KnownDifferences("/probe-differences.txt");
    RecordedServer server = RecordedServer.scratch(strict, directory);
    try (var node = server.node();
        ProbeReplay replay = new ProbeReplay(server)) {
      playSessions(replay, known);
      playRemovals(replay, known);
      compareTasks(server, known);
    }
    System.out.printf(
        "played %d probes: %d agree, %d lines of differences, %d unexplained%n",
        count, agreeing, known.count(), unknown.size());
    assertThat(unknown).as("differences that are not listed").isEmpty();
    assertThat(known.notNeeded()).as("listed differences that do not occur").isEmpty();
  }

  private void playSessions(ProbeReplay replay, KnownDifferences known) throws IOException {
    through("other group at the same time", replay, known);
    replay.cut();
    replay.end();
    through("host dir", replay, known);
    replay.uploaded("", "chain", FIRST);
    through("prune while a writer is open", replay, known);
    replay.cut(); // the reader
    through("finish again", replay, known);
    replay.end();
    through("same time", replay, known);
    replay.end(); // the one that had finished long before
    through("no-cache", replay, known);
    replay.cut();
    through("reader other owner without Read", replay, known);
    replay.cut();
    through("finish with a writer whose close failed", replay, known);
    replay.end();
    through("writer for the good fixed index", replay, known);
    replay.imageUploaded();
    through("finish", replay, known);
    replay.end();
    through("reuse wrong csum", replay, known);
    replay.end();
    through("reader absent snapshot", replay, known);
    replay.end();
  }

  private void playRemovals(ProbeReplay replay, KnownDifferences known) throws IOException {
    replay.backedUp("", "rm", FIRST);
    replay.backedUp("", "rm", FIRST + 1);
    through("group delete with a protected one", replay, known);
    replay.backedUp("", "rm", FIRST + 2);
    through("protected of an absent snapshot", replay, known);
    replay.backedUp("", "rm", FIRST + 5);
    replay.removed("rm");
    through("namespace create", replay, known);
    through("namespace create", replay, known);
    replay.backedUp("n1/n2", "mv", FIRST);
    replay.backedUp("n1/n2", "mv", FIRST + 1);
    replay.backedUp("", "mv2", FIRST);
    through("move-group absent target", replay, known);
    replay.backedUp("t", "mv2", FIRST + 50);
    through("move-group into an existing one, newer there", replay, known);
    through("task", replay, known);
    replay.backedUp("", "mv2", FIRST + 70);
    through("reader in read-only", replay, known);
    replay.cut();
    through("clear", replay, known);
  }

  /** Plays the lines up to and with the next one of this name. */
  private void through(String step, ProbeReplay replay, KnownDifferences known) throws IOException {
    String name;
    do {
      JsonNode line = lines.remove();
      name = line.path("step").textValue();
      judge(name, Differences.between(ProbeReplay.recorded(line), replay.play(line)), known);
    } while (!name.equals(step));
  }

  private void judge(String name, Set<String> facts, KnownDifferences known) {
    agreeing += facts.isEmpty() ? 1 : 0;
    for (String fact : facts) {
      if (!known.covers(name, fact)) {
        unknown.add(name + " | " + fact);
      }
    }
  }

  // ---- tasks ----

  /** The lines that are left: the tasks of the sessions, newest first. */
  private void compareTasks(RecordedServer server, KnownDifferences known) {
    Map<String, List<JsonNode>> ours = new HashMap<>();
    RemoteNode admin = server.node().admin();
    for (JsonNode task : admin.get("/nodes/localhost/tasks", Map.of("limit", "0"))) {
      ours.computeIfAbsent(name(task, "worker_id"), absent -> new ArrayList<>()).add(task);
    }
    while (!lines.isEmpty()) {
      JsonNode recorded = lines.remove();
      String name = name(recorded, "id");
      // Those of the same second are in no certain order: the most alike is meant.
      Set<String> facts =
          ours.getOrDefault(name, List.of()).stream()
              .map(task -> compare(admin, recorded, task))
              .min(Comparator.comparingInt(Set::size))
              .orElse(Set.of("is not there"));
      judge(name, facts, known);
    }
  }

  private static String name(JsonNode task, String id) {
    return task.path("worker_type").textValue() + " " + task.path(id).textValue();
  }

  /** Status, and every recorded line of the log. */
  private static Set<String> compare(RemoteNode admin, JsonNode recorded, JsonNode task) {
    Set<String> facts = new TreeSet<>();
    if (!task.path("status").equals(recorded.path("status"))) {
      facts.add("status " + task.path("status") + " for " + recorded.path("status"));
    }
    String log = "/nodes/localhost/tasks/" + task.path("upid").textValue() + "/log";
    List<String> found = new ArrayList<>();
    for (JsonNode line : admin.get(log, Map.of("limit", "0"))) {
      found.add(comparable(line.path("t").textValue()));
    }
    for (JsonNode line : recorded.path("log")) {
      String text = comparable(line.textValue());
      if (!found.remove(text)) {
        facts.add("log lacks '" + text + "'");
      }
    }
    return facts;
  }

  private static String comparable(String line) {
    String text = TIME.matcher(line).replaceFirst("").replace("/mnt/datastore/site4a/scratch/", "");
    return NEW_IN_EVERY_RUN.matcher(text).replaceAll("_");
  }
}
