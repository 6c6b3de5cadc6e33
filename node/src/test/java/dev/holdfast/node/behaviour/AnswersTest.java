package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: what clients read of an answer: its status, its type, its envelope, its text. */
final class AnswersTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final SnapshotId SNAPSHOT = Site.snapshot("web", Site.TIME);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;

  AnswersTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
    site.backUp(SNAPSHOT);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  private String error(String head) throws IOException {
    PlainRequest.Answer answer = site.ask(head);
    return answer.status() + " " + answer.body();
  }

  @Test
  @Behaviour(6)
  void everySuccessIsJsonWithData() throws IOException {
    String snapshot = Site.query(SNAPSHOT);
    for (String head :
        List.of(
            "GET /version",
            "GET /ping",
            "GET /admin/datastore",
            "GET " + Site.STORE + "/snapshots",
            "GET " + Site.STORE + "/snapshots?backup-id=absent",
            "GET " + Site.STORE + "/notes" + snapshot,
            "PUT " + Site.STORE + "/notes" + snapshot + "&notes=x",
            "PUT " + Site.STORE + "/protected" + snapshot + "&protected=0")) {
      PlainRequest.Answer answer = site.ask(head);
      assertThat(answer.status()).as(head).isEqualTo(200);
      assertThat(answer.headers().get("content-type")).as(head).startsWith("application/json");
      assertThat(JSON.readTree(answer.body()).has("data")).as(head).isTrue();
      if (head.startsWith("PUT")) {
        assertThat(answer.body()).isEqualTo("{\"data\":null}");
      }
    }
  }

  @Test
  @Behaviour(7)
  void anErrorIsItsTextAlone() throws IOException {
    for (String head :
        List.of(
            "GET /admin/datastore/other/groups",
            "GET " + Site.STORE + "/snapshots?backup-type=h%C3%A4",
            "GET " + Site.STORE + "/groups?ns=absent",
            "GET /no/such/call")) {
      PlainRequest.Answer answer = site.ask(head);
      assertThat(answer.status()).as(head).isIn(400, 404);
      assertThat(answer.body()).as(head).doesNotStartWith("{");
      assertThat(answer.body().getBytes(StandardCharsets.UTF_8)).hasSizeGreaterThanOrEqualTo(8);
    }
    assertThat(site.ask("GET " + Site.STORE + "/snapshots?backup-type=h%C3%A4").body())
        .endsWith("'backup-type': value 'hä' is not defined in the enumeration.");
  }

  @Test
  @Behaviour(8)
  void whoIsUnknownLearnsNothingAboutPaths() throws IOException {
    assertThat(new PlainRequest("GET /api2/json/no/such").send(site.port()).status())
        .isEqualTo(401);
    assertThat(error("GET /no/such")).isEqualTo("404 Path '/api2/json/no/such' not found.");
  }

  @Test
  @Behaviour(9)
  void protectionIsNeverNotFound() throws IOException {
    String call = Site.STORE + "/protected" + Site.query(SNAPSHOT);
    assertThat(site.ask("GET " + call).body()).isEqualTo("{\"data\":false}");
    assertThat(site.ask("PUT " + call + "&protected=1").body()).isEqualTo("{\"data\":null}");
    assertThat(site.ask("GET " + call).body()).isEqualTo("{\"data\":true}");
    assertThat(site.ask("PUT " + call + "&protected=false").body()).isEqualTo("{\"data\":null}");
    String absent = Site.query(Site.snapshot("absent", Site.TIME));
    assertThat(site.ask("GET " + Site.STORE + "/protected" + absent).body())
        .isEqualTo("{\"data\":false}");
    assertThat(site.ask("PUT " + Site.STORE + "/protected" + absent + "&protected=1").status())
        .isEqualTo(400);
  }

  @Test
  @Behaviour(15)
  void aJsonBodyIsReadStrictlyAndAlone() throws IOException {
    String path = Site.STORE + "/namespace";
    PlainRequest.Answer answer =
        site.request("POST", path + "?name=query&bogus=1")
            .json("{\"name\":\"body\"}")
            .send(site.port());
    assertThat(Site.data(answer).textValue()).isEqualTo("body");
    assertThat(site.request("POST", path).json("{\"name\":5}").send(site.port()).body())
        .isEqualTo("parameter verification failed - 'name': Expected string value.");
    String prune =
        "{\"backup-type\":\"host\",\"backup-id\":\"web\",\"keep-last\":\"1\",\"dry-run\":true}";
    assertThat(site.request("POST", Site.STORE + "/prune").json(prune).send(site.port()).body())
        .isEqualTo("parameter verification failed - 'keep-last': Expected integer value.");
  }

  @Test
  @Behaviour(15)
  void anUploadHasItsParametersInTheQueryWhateverItsType() throws IOException {
    String log = new String(SmallUpload.blob("log"), StandardCharsets.ISO_8859_1);
    String path = Site.STORE + "/upload-backup-log" + Site.query(SNAPSHOT);
    PlainRequest.Answer answer = site.request("POST", path).json(log).send(site.port());
    assertThat(answer.body()).isEqualTo("{\"data\":null}");
    assertThat(site.request("POST", path).json(log).send(site.port()).body())
        .isEqualTo("backup already contains a log.");
  }

  @Test
  @Behaviour(16)
  void mistakesNameTheParameter() throws IOException {
    String failed = "400 parameter verification failed - ";
    Map<String, String> mistakes =
        Map.of(
            "GET /admin/datastore/x/groups",
            "'store': value must be at least 3 characters long",
            "GET " + Site.STORE + "/groups?bogus=1",
            "'bogus': schema does not allow additional properties.",
            "GET " + Site.STORE + "/files?backup-type=host&backup-id=a",
            "'backup-time': parameter is missing and it is not optional.",
            "GET " + Site.STORE + "/namespace?max-depth=8",
            "'max-depth': value must have a maximum value of 7 (got 8)",
            "GET " + Site.STORE + "/namespace?max-depth=1.5",
            "'max-depth': invalid digit found in string",
            "GET " + Site.STORE + "/snapshots?backup-id=a%2Fb",
            "'backup-id': value does not match the regex pattern",
            "GET " + Site.STORE + "/snapshots?backup-id=a&backup-id=b",
            "'backup-id': duplicate parameter.",
            "PUT " + Site.STORE + "/protected" + Site.query(SNAPSHOT) + "&protected=maybe",
            "'protected': Unable to parse boolean option.");
    for (Map.Entry<String, String> mistake : mistakes.entrySet()) {
      assertThat(error(mistake.getKey())).isEqualTo(failed + mistake.getValue());
    }
    assertThat(error("GET /admin/datastore/x/groups?bogus=1"))
        .startsWith("400 parameter verification failed:\n- '")
        .contains("- 'bogus': schema does not allow additional properties.");
  }

  @Test
  @Behaviour(39)
  void theVersionIsOfNumbers() throws IOException {
    JsonNode version = Site.data(site.get("/version"));
    assertThat(version.path("version").textValue()).matches("\\d+\\.\\d+");
    assertThat(version.path("release").textValue()).matches("\\d+");
  }

  @Test
  @Behaviour(42)
  void theDatastoreIsListedAtOnce() throws IOException {
    long began = System.nanoTime();
    assertThat(Site.data(site.get("/admin/datastore")).findValuesAsText("store"))
        .contains(TestNode.STORE.text());
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(7));
  }

  @Test
  @Behaviour(43)
  void whyADatastoreIsNotToBeHadIsSaid() throws IOException {
    assertThat(error("GET /admin/datastore/other/groups"))
        .isEqualTo("400 no such datastore 'other'");
    String groups = "GET /admin/datastore/extra/groups";
    maintenance("read-only");
    assertThat(site.ask(groups).status()).isEqualTo(200);
    assertThat(error("POST /admin/datastore/extra/namespace?name=late"))
        .isEqualTo("400 datastore 'extra' is unavailable: read-only maintenance mode: new disk");
    maintenance("offline");
    assertThat(error(groups))
        .isEqualTo("400 datastore 'extra' is unavailable: offline maintenance mode: new disk");
  }

  private void maintenance(String type) {
    var change = TestNode.json("maintenance-mode", "type=" + type + ",message=new disk");
    var unused = site.node.admin().put("/config/datastore/extra", change);
  }

  @Test
  @Behaviour(45)
  void sizesAreIntegers() throws IOException {
    JsonNode status = Site.data(site.get(Site.STORE + "/status"));
    for (String name : List.of("total", "used", "avail")) {
      assertThat(status.path(name).isIntegralNumber()).as(name).isTrue();
    }
    assertThat(status.path("total").longValue()).isPositive();
  }
}
