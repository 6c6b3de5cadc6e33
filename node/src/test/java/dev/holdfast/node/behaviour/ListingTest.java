package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: hypervisors and peers decide by lists what to fetch, to remove and to show. */
final class ListingTest {
  private static final JsonMapper JSON = new JsonMapper();

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;

  ListingTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  @Test
  @Behaviour(35)
  void aSnapshotThatIsBeingWrittenHasNoSizeAndFilesWithoutDetails() throws IOException {
    SnapshotId snapshot = Site.snapshot("running", Site.TIME);
    try (RawSession session = site.writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      upload.okArchive("root.pxar.didx", Site.content(snapshot));
      upload.okManifest();
      JsonNode listed = site.snapshots("running").path(0);
      assertThat(listed.has("size")).isFalse();
      for (JsonNode file : listed.path("files")) {
        assertThat(file.fieldNames()).toIterable().containsExactly("filename");
      }
      upload.ok("POST /finish");
      assertThat(site.snapshots("running").path(0).path("size").longValue()).isPositive();
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(36)
  void namespacesAreListedWithTheirParentAndMadeAgainWithoutHarm() throws IOException {
    for (int i = 0; i < 2; i++) {
      assertThat(Site.data(site.ask("POST " + Site.STORE + "/namespace?name=lab")).textValue())
          .isEqualTo("lab");
    }
    assertThat(
            Site.data(site.ask("POST " + Site.STORE + "/namespace?name=web&parent=lab"))
                .textValue())
        .isEqualTo("lab/web");
    assertThat(names("")).containsExactly("", "lab", "lab/web");
    assertThat(names("?parent=lab")).containsExactly("lab", "lab/web");
    assertThat(names("?parent=lab&max-depth=0")).containsExactly("lab");
  }

  private List<String> names(String query) throws IOException {
    return Site.data(site.get(Site.STORE + "/namespace" + query)).findValuesAsText("ns");
  }

  @Test
  @Behaviour(37)
  void anEmptyNamespaceIsTheRoot() throws IOException {
    site.backUp(Site.snapshot("rooted", Site.TIME));
    for (String list : List.of("/groups", "/snapshots")) {
      assertThat(Site.data(site.get(Site.STORE + list + "?ns=")))
          .isEqualTo(Site.data(site.get(Site.STORE + list)))
          .anySatisfy(one -> assertThat(one.path("backup-id").textValue()).isEqualTo("rooted"));
    }
  }

  @Test
  @Behaviour(38)
  void removalsOfGroupsAndNamespacesAreCounted() throws IOException {
    for (long time = Site.TIME; time < Site.TIME + 3; time++) {
      site.backUp(Site.snapshot("counted", time));
    }
    String first = Site.query(Site.snapshot("counted", Site.TIME));
    assertThat(site.ask("PUT " + Site.STORE + "/protected" + first + "&protected=1").status())
        .isEqualTo(200);
    String group = Site.STORE + "/groups?backup-type=host&backup-id=counted";
    assertThat(site.ask("DELETE " + group + "&error-on-protected=false").body())
        .isEqualTo(
            "{\"data\":{\"protected-snapshots\":1,\"removed-groups\":0,\"removed-snapshots\":2}}");
    assertThat(site.ask("DELETE " + group).body())
        .isEqualTo("group only partially deleted due to protected snapshots");
    assertThat(site.ask("PUT " + Site.STORE + "/protected" + first + "&protected=0").status())
        .isEqualTo(200);
    assertThat(site.ask("DELETE " + group).body())
        .isEqualTo(
            "{\"data\":{\"protected-snapshots\":0,\"removed-groups\":1,\"removed-snapshots\":1}}");
    assertThat(site.ask("POST " + Site.STORE + "/namespace?name=gone").status()).isEqualTo(200);
    assertThat(site.ask("DELETE " + Site.STORE + "/namespace?ns=gone&delete-groups=true").body())
        .isEqualTo(
            "{\"data\":{\"protected-snapshots\":0,\"removed-groups\":0,\"removed-snapshots\":0}}");
  }

  @Test
  @Behaviour(40)
  void pagesOfATaskLogAreAsLongAsAskedForAndWithoutGaps() throws IOException {
    SnapshotId snapshot = Site.snapshot("logged", Site.TIME);
    int refusals = 30;
    try (RawSession session = site.writer(snapshot)) {
      for (int i = 0; i < refusals; i++) {
        assertThat(session.call("GET /previous?archive-name=a.blob").status()).isEqualTo("400");
      }
      assertThat(page(0, 7).path("active").booleanValue()).isTrue();
    }
    site.awaitIdle();
    JsonNode whole = page(0, 0);
    int total = whole.path("total").intValue();
    assertThat(total).isGreaterThan(refusals);
    assertThat(whole.path("data")).hasSize(total);
    assertThat(whole.path("active").booleanValue()).isFalse();
    List<Integer> numbers = new ArrayList<>();
    for (int start = 1; start <= total; start += 7) {
      JsonNode page = page(start, 7);
      assertThat(page.path("data")).hasSize(Math.min(7, total - start + 1));
      assertThat(page.path("total").intValue()).isEqualTo(total);
      page.path("data").forEach(line -> numbers.add(line.path("n").intValue()));
    }
    assertThat(numbers).isSorted().doesNotHaveDuplicates().startsWith(1).endsWith(total);
  }

  /** Of the newest task's log. */
  private JsonNode page(int start, int limit) throws IOException {
    Map<String, String> newest = Map.of("typefilter", "backup", "limit", "1");
    String upid =
        site.node.admin().get("/nodes/localhost/tasks", newest).path(0).path("upid").textValue();
    PlainRequest.Answer answer =
        site.get(
            "/nodes/localhost/tasks/"
                + URLEncoder.encode(upid, StandardCharsets.UTF_8)
                + "/log?test-status=1&start="
                + start
                + "&limit="
                + limit);
    assertThat(answer.headers().get("content-type")).startsWith("application/json");
    return JSON.readTree(answer.body());
  }

  @Test
  @Behaviour(41)
  void aPruneTellsOfEachSnapshotWhatBecomesOfIt() throws IOException {
    site.backUp(Site.snapshot("pruned", Site.TIME));
    site.backUp(Site.snapshot("pruned", Site.TIME + 1));
    JsonNode decisions =
        Site.data(
            site.ask(
                "POST "
                    + Site.STORE
                    + "/prune?backup-type=host&backup-id=pruned&keep-last=1&dry-run=1"));
    assertThat(decisions).hasSize(2);
    for (JsonNode decision : decisions) {
      assertThat(decision.fieldNames())
          .toIterable()
          .contains("backup-type", "backup-id", "backup-time", "keep");
    }
    assertThat(decisions.path(0).path("keep").booleanValue()).isFalse();
    assertThat(decisions.path(1).path("keep").booleanValue()).isTrue();
  }
}
