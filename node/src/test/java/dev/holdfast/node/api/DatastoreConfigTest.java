package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what an administrator changes of a datastore counts at once, is refused on the basis of
 * an old state, and never touches what a file under review declares, nor the backups themselves.
 */
final class DatastoreConfigTest {
  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode node;

  /** One declared store, {@code main}, and one of datastore.cfg, {@code extra}. */
  @BeforeEach
  void startWithTwoStores() throws IOException {
    Path extra = TestStores.bare(directory.resolve("extra"));
    Path state = Files.createDirectory(directory.resolve("state"));
    Files.write(
        state.resolve("datastore.cfg"),
        ("datastore: extra\n\tpath " + extra + "\n").getBytes(StandardCharsets.UTF_8));
    node = TestNode.start(strict, directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private JsonNode config() {
    return node.admin().get("/config/datastore/extra");
  }

  @Test
  void maintenanceCountsAtOnceAndEndsWhenItIsTakenAway() {
    var unused =
        node.admin()
            .put(
                "/config/datastore/extra",
                object().put("maintenance-mode", "offline").put("comment", " new disk "));
    assertThat(config().path("comment").asText()).isEqualTo("new disk");
    assertThatThrownBy(() -> node.admin().get("/admin/datastore/extra/groups"))
        .hasMessageContaining("datastore 'extra' is unavailable: offline maintenance mode");

    ObjectNode end = object();
    end.putArray("delete").add("maintenance-mode");
    unused = node.admin().put("/config/datastore/extra", end);
    assertThat(node.admin().get("/admin/datastore/extra/groups")).isEmpty();
    assertThat(config().has("maintenance-mode")).isFalse();
  }

  @Test
  void changeOnTheBasisOfAnOldStateIsRefused() {
    ObjectNode change = object().put("comment", "x").put("digest", "0".repeat(64));
    assertThatThrownBy(() -> node.admin().put("/config/datastore/extra", change))
        .hasMessageContaining("detected modified configuration");
    assertThat(config().has("comment")).isFalse();
  }

  @Test
  void pruneSettingsAreThoseOfJobs() {
    assertThatThrownBy(
            () -> node.admin().put("/config/datastore/extra", object().put("keep-last", 3)))
        .hasMessageContaining("have been replaced by prune jobs");
  }

  @Test
  void declaredStoreIsChangedInItsFileOnly() {
    assertThatThrownBy(
            () -> node.admin().put("/config/datastore/main", object().put("comment", "x")))
        .hasMessageContaining("declared in mesh.yaml");
    assertThatThrownBy(() -> node.admin().delete("/config/datastore/main", Map.of()))
        .hasMessageContaining("declared in mesh.yaml");
  }

  @Test
  void forgottenStoreLeavesItsDirectoryAndTakesItsAccessEntriesAlong() {
    var user = node.user("reader@pbs", "some password").user();
    node.allow(user, "/datastore/extra", "DatastoreReader");
    node.allow(user, "/datastore/extra/below", "NoAccess");

    var unused = node.admin().delete("/config/datastore/extra", Map.of());

    assertThat(directory.resolve("extra/.chunks")).isDirectory();
    assertThat(node.admin().get("/access/acl").findValuesAsText("path"))
        .noneMatch(path -> path.startsWith("/datastore/extra"));
    assertThat(node.admin().get("/admin/datastore").findValuesAsText("store"))
        .containsExactly("main");
    assertThatThrownBy(() -> node.admin().delete("/config/datastore/extra", Map.of()))
        .hasMessageContaining("datastore 'extra' does not exist.");
  }
}
