package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.metrics.AlertRules;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: an alert that is written for a figure fires, and strangers learn no names. */
final class MetricsTest {
  private static final Duration TASK_TIME_MAX = Duration.ofSeconds(60);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode node;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start(strict, directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private String token(String name, String path, String role) {
    Credential.Token token = node.token(name, path, role);
    return token.id() + ":" + token.secret().reveal();
  }

  private PlainRequest.Answer scrape(String authorization) throws IOException {
    return new PlainRequest("GET /metrics")
        .header("Authorization", authorization)
        .send(node.address().port());
  }

  private void run(String call) {
    String upid = node.admin().post(call, object()).asText();
    String status =
        "/nodes/localhost/tasks/" + URLEncoder.encode(upid, StandardCharsets.UTF_8) + "/status";
    Await.until(
        "the task to end",
        TASK_TIME_MAX,
        () -> node.admin().get(status).path("status").asText().equals("stopped"));
  }

  @Test
  void everyFigureOfTheAlertRulesIsThere() throws IOException {
    var unused =
        node.admin()
            .post(
                "/config/prune",
                object()
                    .put("id", "nightly")
                    .put("store", "main")
                    .put("schedule", "daily")
                    .put("keep-last", 1));
    run("/admin/prune/nightly/run");
    run("/admin/datastore/main/gc");
    // As a Prometheus with `authorization: { type: PBSAPIToken }` sends it.
    PlainRequest.Answer answer = scrape("PBSAPIToken " + token("watch", "/system/status", "Audit"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().get("content-type")).startsWith("text/plain; version=0.0.4");
    assertThat(answer.body())
        .contains(
            "holdfast_job_last_failed{job=\"nightly\",type=\"prunejob\"} 0",
            "holdfast_job_last_success_age_seconds{job=\"nightly\",type=\"prunejob\"}",
            "holdfast_job_runs_total{state=\"ok\",type=\"garbage_collection\"} 1",
            "holdfast_gc_disk_bytes{datastore=\"main\"}",
            "jvm_memory_used_bytes");
    TreeSet<String> named =
        Pattern.compile("holdfast_[a-z_]+")
            .matcher(AlertRules.text())
            .results()
            .map(found -> found.group())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).hasSizeGreaterThan(5);
    for (String figure : named) {
      assertThat(answer.body()).contains("\n" + figure);
    }
  }

  @Test
  void jobThatIsGoneIsNoFigureAnyMore() throws IOException {
    ObjectNode job = object().put("id", "nightly").put("store", "main").put("schedule", "daily");
    var unused = node.admin().post("/config/prune", job);
    String token = "PBSAPIToken=" + token("watch", "/system/status", "Audit");
    assertThat(scrape(token).body()).contains("job=\"nightly\"");
    unused = node.admin().delete("/config/prune/nightly", Map.of());
    assertThat(scrape(token).body()).doesNotContain("job=\"nightly\"");
  }

  @Test
  void strangersAndUsersOfADatastoreSeeNothing() throws IOException {
    PlainRequest.Answer stranger = new PlainRequest("GET /metrics").send(node.address().port());
    assertThat(stranger.status()).isEqualTo(401);
    PlainRequest.Answer user =
        scrape("PBSAPIToken=" + token("user", "/datastore/main", "DatastoreAdmin"));
    assertThat(user.status()).isEqualTo(403);
    assertThat(user.body()).doesNotContain("holdfast_");
  }
}
