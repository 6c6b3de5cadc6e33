package dev.holdfast.node.recorded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.node.recorded.RecordedCall.Answer;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: clients of a real server get from a node what they got from it. Ground truth: every
 * call of {@code vectors/*}{@code /api-responses.jsonl}, good and bad, asked again in recorded
 * order of nodes that have the recorded configuration files and datastores. An answer has to agree
 * with one of the two versions; each difference that is left stands, with its reason, in {@code
 * rest-differences.txt}, and a line there that is no longer needed fails too. And every one of
 * these answers is what the node's own OpenAPI document says of the call.
 */
final class RestReplayTest {
  /** The call of 4.2 before which its remotes and sync jobs were made, not over REST. */
  private static final int SYNCS_CAME_AT = 109;

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private final List<DocumentedAnswers> documents = new ArrayList<>();

  /** Of answers that the OpenAPI document does not allow. */
  private final List<String> undocumented = new CopyOnWriteArrayList<>();

  @Test
  void everyRecordedCallIsAnsweredAsByOneOfTheTwoVersions() throws IOException {
    List<RecordedCall> old = RecordedCall.read("pbs-3.2.4");
    List<RecordedCall> current = RecordedCall.read("pbs-4.2");
    Map<RecordedCall, Answer> answers = new LinkedHashMap<>();
    answers.putAll(replayOld(old));
    answers.putAll(replayCurrent(current));

    KnownDifferences known = new KnownDifferences("/rest-differences.txt");
    List<String> unknown = new ArrayList<>();
    int differing = 0;
    for (Map.Entry<RecordedCall, Answer> asked : answers.entrySet()) {
      RecordedCall call = asked.getKey();
      Answer found = asked.getValue();
      OtherVersion other = new OtherVersion(call.version().equals("pbs-4.2") ? old : current);
      SortedSet<String> facts = other.withoutExcused(Differences.between(call, found), call, found);
      differing += facts.isEmpty() ? 0 : 1;
      for (String fact : facts) {
        if (!known.covers(call.template(), fact)) {
          unknown.add(call.template() + " | " + fact + " | " + call);
        }
      }
    }
    System.out.printf(
        "replayed %d calls: %d agree, %d differ for the reasons of %d lines, %d unexplained%n",
        answers.size(), answers.size() - differing, differing, known.count(), unknown.size());
    assertThat(documents.stream().mapToInt(DocumentedAnswers::compared).sum()).isGreaterThan(150);
    assertThat(undocumented).as("answers that the OpenAPI document does not allow").isEmpty();
    assertThat(unknown).as("differences that are not listed").isEmpty();
    assertThat(known.notNeeded()).as("listed differences that do not occur").isEmpty();
  }

  private Map<RecordedCall, Answer> replayOld(List<RecordedCall> calls) throws IOException {
    RecordedServer plain = RecordedServer.plain(strict, directory("a"), calls);
    RecordedServer puller = RecordedServer.puller(strict, directory("b"), plain.node());
    try (var a = plain.node();
        var b = puller.node();
        HttpClient client = client()) {
      CallReplay replay = replayOf(Map.of("a", plain, "b", puller), client);
      replay.means(RecordedServer.FINGERPRINT_A, a.fingerprint().toString());
      puller.addSyncs();
      return replay(replay, calls);
    }
  }

  private Map<RecordedCall, Answer> replayCurrent(List<RecordedCall> calls) throws IOException {
    RecordedServer split = RecordedServer.split(strict, directory("d"), calls);
    RecordedServer target = RecordedServer.pushedTo(strict, directory("e"));
    try (var d = split.node();
        var e = target.node();
        HttpClient client = client()) {
      CallReplay replay = replayOf(Map.of("d", split, "e", target), client);
      replay.means("8018", Integer.toString(e.address().port()));
      replay.means("8017", Integer.toString(d.address().port()));
      replay.means(RecordedServer.FINGERPRINT_E, e.fingerprint().toString());
      replay.means(RecordedServer.FINGERPRINT_D, d.fingerprint().toString());
      Map<RecordedCall, Answer> answers = replay(replay, calls.subList(0, SYNCS_CAME_AT));
      split.addSyncs();
      target.addSyncs();
      answers.putAll(replay(replay, calls.subList(SYNCS_CAME_AT, calls.size())));
      return answers;
    }
  }

  private CallReplay replayOf(Map<String, RecordedServer> servers, HttpClient client)
      throws IOException {
    int port = servers.values().iterator().next().node().address().port();
    DocumentedAnswers documented = DocumentedAnswers.of(port);
    documents.add(documented);
    return new CallReplay(
        servers,
        client,
        (method, path, answer) -> undocumented.addAll(documented.problems(method, path, answer)));
  }

  private Path directory(String name) throws IOException {
    return Files.createDirectory(directory.resolve(name));
  }

  private static HttpClient client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .sslContext(RawTls.trustingAll())
        .build();
  }

  private static Map<RecordedCall, Answer> replay(CallReplay replay, List<RecordedCall> calls) {
    Map<RecordedCall, CompletableFuture<Answer>> asked = new LinkedHashMap<>();
    calls.forEach(call -> asked.put(call, replay.ask(call)));
    Map<RecordedCall, Answer> answers = new LinkedHashMap<>();
    asked.forEach((call, answer) -> answers.put(call, answer.join()));
    return answers;
  }
}
