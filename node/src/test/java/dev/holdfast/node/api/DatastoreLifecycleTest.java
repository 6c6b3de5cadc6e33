package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: a disk can be taken out of use without breaking off what is running; data are destroyed
 * only when nobody uses them, wholly, and nothing that belongs to somebody else.
 */
final class DatastoreLifecycleTest {
  private static final DatastoreName EXTRA = new DatastoreName("extra");
  private static final String CONFIG = "/config/datastore/extra";
  private static final String ADMIN = "/admin/datastore/extra";
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId OLDER = GROUP.at(1_718_000_000);
  private static final SnapshotId NEWER = GROUP.at(1_718_000_100);
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Path directory;
  private final Path store;
  private TestNode node;

  /** One declared store, {@code main}, and one of datastore.cfg, {@code extra}, with a snapshot. */
  DatastoreLifecycleTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    store = TestStores.bare(directory.resolve("extra"));
    start("");
    SmallUpload.run(node.admin(), EXTRA, Namespace.ROOT, OLDER, 1);
    awaitUnused();
  }

  private void start(String more) throws IOException {
    Path state = Files.createDirectories(directory.resolve("state"));
    Files.write(
        state.resolve("datastore.cfg"),
        ("datastore: extra\n\tpath " + store + "\n" + more).getBytes(StandardCharsets.UTF_8));
    node = TestNode.start(VERTX, directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private void maintenance(String mode) {
    var unused = node.admin().put(CONFIG, object().put("maintenance-mode", mode));
  }

  private void endMaintenance() {
    ObjectNode end = object();
    end.putArray("delete").add("maintenance-mode");
    var unused = node.admin().put(CONFIG, end);
  }

  private String operations() {
    JsonNode now = node.admin().get(ADMIN + "/active-operations");
    return now.path("read").asText() + "/" + now.path("write").asText();
  }

  private void awaitUnused() {
    Await.until("nobody to use the store", SOON, () -> operations().equals("0/0"));
  }

  private BackupSession session() {
    return node.admin().openBackup(EXTRA, Namespace.ROOT, NEWER, false);
  }

  private String destroy() {
    return node.admin().delete(CONFIG, Map.of("destroy-data", "true")).asText();
  }

  // ---- maintenance ----

  @Test
  void declaredStoreIsTakenOutOfUseAndStaysSoUntilItIsBroughtBack() throws IOException {
    String main = "/config/datastore/main";
    Path declared = directory.resolve("main");
    Path away = directory.resolve("away");
    SmallUpload.run(node.admin(), TestNode.STORE, Namespace.ROOT, OLDER, 1);
    var unused = node.admin().put(main, object().put("maintenance-mode", "offline,message=disk"));
    assertThatThrownBy(() -> node.admin().get("/admin/datastore/main/groups"))
        .hasMessageContaining("offline maintenance mode: disk");
    Files.move(declared, away); // the disk is taken out
    node.close();
    node =
        TestNode.configured(
            VERTX,
            directory,
            "site: lyon",
            "datastores:",
            TestNode.declare(TestNode.STORE, declared));
    assertThat(declared).doesNotExist();
    assertThat(node.admin().get(main).path("maintenance-mode").asText()).startsWith("offline");
    Files.move(away, declared);
    ObjectNode end = object();
    end.putArray("delete").add("maintenance-mode");
    assertThatThrownBy(() -> node.admin().put(main, end.deepCopy().put("digest", "00".repeat(32))))
        .hasMessageContaining("detected modified configuration");
    unused = node.admin().put(main, end);
    assertThat(node.admin().get("/admin/datastore/main/groups")).hasSize(1);
    assertThat(node.admin().get(main).has("maintenance-mode")).isFalse();
  }

  @Test
  void nothingElseOfADeclaredStoreIsChangedHere() {
    ObjectNode both = object().put("maintenance-mode", "offline").put("comment", "x");
    assertThatThrownBy(() -> node.admin().put("/config/datastore/main", both))
        .hasMessageContaining("is declared in mesh.yaml; change it there");
    assertThatThrownBy(
            () ->
                node.admin()
                    .put("/config/datastore/main", object().put("maintenance-mode", "delete")))
        .hasMessageContaining("cannot be set");
    assertThat(node.admin().get("/admin/datastore/main/groups")).isEmpty();
  }

  @Test
  void offlineLetsARunningBackupEndAndClosesTheStoreAfterIt() {
    try (BackupSession session = session()) {
      assertThat(operations()).isEqualTo("0/1");
      maintenance("offline,message=\"new disk, soon\"");
      assertThatThrownBy(() -> node.admin().get(ADMIN + "/groups"))
          .hasMessageContaining(
              "datastore 'extra' is unavailable: offline maintenance mode: new disk, soon");
      assertThatThrownBy(() -> TestStores.open(store)).hasMessageContaining("is in use");
      session.blob(SmallUpload.CONF, SmallUpload.blob("still open"));
    }
    awaitUnused();
    try (Datastore free = TestStores.open(store)) {
      assertThat(free.snapshots(Namespace.ROOT, GROUP)).containsExactly(OLDER);
    }

    endMaintenance();
    SmallUpload.run(node.admin(), EXTRA, Namespace.ROOT, NEWER, 2);
    assertThat(node.admin().get(ADMIN + "/snapshots")).hasSize(2);
  }

  @Test
  void readOnlyGivesWhatIsThereAndTakesNothing() {
    maintenance("read-only");
    assertThat(node.admin().get(ADMIN + "/snapshots")).hasSize(1);
    assertThat(node.admin().get(ADMIN + "/status").path("total").asLong()).isPositive();
    String refusal = "datastore 'extra' is unavailable: read-only maintenance mode:";
    assertThatThrownBy(this::session).hasMessageContaining(refusal);
    assertThatThrownBy(() -> node.admin().post(ADMIN + "/gc", object()))
        .hasMessageContaining(refusal);
    assertThatThrownBy(
            () -> node.admin().post(ADMIN + "/prune-datastore", object().put("keep-last", 1)))
        .hasMessageContaining(refusal);
    assertThatThrownBy(() -> node.admin().post(ADMIN + "/namespace", object().put("name", "a")))
        .hasMessageContaining(refusal);
  }

  @Test
  void aStoreThatIsOfflineHidesNoOtherAndIsNotOpenedAtTheStart() throws IOException {
    maintenance("offline");
    node.close();
    start("\tmaintenance-mode offline\n");
    TestStores.open(store).close();
    assertThat(node.admin().get("/admin/gc").findValuesAsText("store")).containsExactly("main");
    assertThat(node.admin().get("/admin/datastore").findValuesAsText("maintenance"))
        .containsExactly("offline");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "asleep | invalid maintenance mode 'asleep'",
        "message=x | invalid maintenance mode ''",
        "offline,colour=red | found the key 'colour'",
        "offline,offline | found the key 'type' twice",
        "offline,message=\"x | found no end of a quoted value",
        "delete | maintenance mode 'delete' cannot be set",
        "unmount | maintenance mode 'unmount' cannot be set",
        "offline,message=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            + " | has 65 characters, expected at most 64",
      })
  void modeThatIsNoneIsRefused(String mode, String why) {
    assertThatThrownBy(() -> maintenance(mode)).hasMessageContaining(why);
    assertThat(node.admin().get(CONFIG).has("maintenance-mode")).isFalse();
  }

  @Test
  void otherSettingsOfWritingCountWithoutAStart() {
    var unused = node.admin().put(CONFIG, object().put("tuning", "sync-level=none"));
    SmallUpload.run(node.admin(), EXTRA, Namespace.ROOT, NEWER, 2);
    assertThatThrownBy(() -> node.admin().put(CONFIG, object().put("tuning", "sync-level=often")))
        .hasMessageContaining("often");
    assertThatThrownBy(() -> node.admin().put(CONFIG, object().put("tuning", "colour=red")))
        .hasMessageContaining("found the key 'colour'");
  }

  @Test
  void callsThatEndedOrFailedUseTheStoreNoMore() {
    var unused = node.admin().get(ADMIN + "/snapshots");
    assertThatThrownBy(() -> node.admin().get(ADMIN + "/groups", Map.of("ns", "none"))).isNotNull();
    byte[] conf =
        node.admin()
            .download(
                ADMIN + "/download",
                Map.of(
                    "backup-type",
                    "host",
                    "backup-id",
                    "web",
                    "backup-time",
                    Long.toString(OLDER.time()),
                    "file-name",
                    SmallUpload.CONF.text()));
    assertThat(conf).isNotEmpty();
    assertThatThrownBy(() -> node.admin().openBackup(EXTRA, Namespace.ROOT, OLDER, false))
        .isNotNull();
    awaitUnused();
  }

  // ---- destruction ----

  @Test
  void dataThatSomebodyUsesAreNotDestroyed() {
    try (BackupSession session = session()) {
      assertThatThrownBy(this::destroy).hasMessageContaining("datastore is currently in use");
      session.blob(SmallUpload.CONF, SmallUpload.blob("still open"));
    }
    awaitUnused();
    assertThat(node.admin().get(CONFIG).has("maintenance-mode")).isFalse();
    assertThat(node.admin().get(ADMIN + "/snapshots")).hasSize(1);
  }

  @Test
  void destroyedStoreLeavesNothingButWhatIsNotItsOwn() throws IOException {
    Files.writeString(store.resolve("letter.txt"), "of somebody else");
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "behind a link");
    Files.createSymbolicLink(store.resolve("host/link"), outside);
    var reader = node.user("reader@pbs", "some password").user();
    node.allow(reader, "/datastore/extra", "DatastoreReader");
    node.admin()
        .post(
            "/config/prune",
            object()
                .put("id", "tidy")
                .put("store", "extra")
                .put("schedule", "daily")
                .put("keep-last", 1));

    String task = destroy();

    assertThat(new TaskRuns(node.admin()).ended(task)).isEqualTo("OK");
    assertThat(store.toFile().list()).containsExactly("letter.txt");
    assertThat(outside.resolve("kept")).exists();
    assertThat(node.admin().get("/config/datastore").findValuesAsText("name"))
        .containsExactly("main");
    assertThat(node.admin().get("/config/prune")).isEmpty();
    assertThat(node.admin().get("/access/acl").findValuesAsText("path"))
        .doesNotContain("/datastore/extra");
  }

  @Test
  void destroyedStoreWithNothingElseIsGoneAndItsNameAndPathAreFree() {
    assertThat(new TaskRuns(node.admin()).ended(destroy())).isEqualTo("OK");
    assertThat(store).doesNotExist();
    var made =
        node.admin()
            .post("/config/datastore", object().put("name", "extra").put("path", store.toString()));
    assertThat(new TaskRuns(node.admin()).ended(made.asText())).isEqualTo("OK");
    assertThat(node.admin().get(ADMIN + "/snapshots")).isEmpty();
  }

  @Test
  void destructionThatBrokeOffRefusesEverythingButBeingDoneAgain() throws IOException {
    node.close();
    // As a crash in the middle of the chunks leaves it.
    Files.move(store.resolve("host"), directory.resolve("gone"));
    start("\tmaintenance-mode type=delete\n");

    String refusal = "datastore is being deleted";
    assertThatThrownBy(() -> node.admin().get(ADMIN + "/groups")).hasMessageContaining(refusal);
    assertThatThrownBy(this::endMaintenance).hasMessageContaining("is being deleted");
    assertThatThrownBy(() -> maintenance("offline")).hasMessageContaining("is being deleted");

    assertThat(new TaskRuns(node.admin()).ended(destroy())).isEqualTo("OK");
    assertThat(store).doesNotExist();
  }

  @Test
  void aStoreWhoseDiskIsNotThereIsNotTakenForDestroyed() throws IOException {
    maintenance("offline");
    Files.move(store, directory.resolve("unmounted"));
    assertThatThrownBy(this::destroy).hasMessageContaining("there is no datastore in '");
    assertThat(node.admin().get(CONFIG).path("maintenance-mode").asText()).isEqualTo("offline");
  }

  @Test
  void forgettingKeepsTheDataAndLetsARunningBackupEnd() {
    var reader = node.user("reader@pbs", "some password").user();
    node.allow(reader, "/datastore/extra", "DatastoreReader");
    try (BackupSession session = session()) {
      var unused = node.admin().delete(CONFIG, Map.of("keep-job-configs", "true"));
      session.blob(SmallUpload.CONF, SmallUpload.blob("still open"));
    }
    Await.until("the store to be closed", SOON, this::isFree);
    assertThat(store.resolve(OLDER.toString())).exists();
    assertThat(node.admin().get("/access/acl").findValuesAsText("path"))
        .contains("/datastore/extra");
  }

  private boolean isFree() {
    try {
      TestStores.open(store).close();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  // ---- creation ----

  private void create(String path, boolean reuse) {
    var unused =
        node.admin()
            .post(
                "/config/datastore",
                object().put("name", "new").put("path", path).put("reuse-datastore", reuse));
  }

  @Test
  void pathThatCannotBeAStoresIsRefused() throws IOException {
    Path full = Files.createDirectory(directory.resolve("full"));
    Files.writeString(full.resolve("letter.txt"), "of somebody else");
    Path link = Files.createSymbolicLink(directory.resolve("link"), store);
    Map<String, String> reasons =
        Map.of(
            "a/b",
            "is not absolute",
            "/",
            "is the root of the file system",
            full.toString(),
            "datastore path not empty",
            store.resolve("below").toString(),
            "is already used by datastore 'extra'",
            directory.toString(),
            "is already used by datastore 'extra'",
            store.resolve("../extra").toString(),
            "is already used by datastore 'extra'",
            link.resolve("below").toString(),
            "is already used by datastore 'extra'");
    reasons.forEach(
        (path, why) ->
            assertThatThrownBy(() -> create(path, false)).as(path).hasMessageContaining(why));
    assertThat(node.admin().get("/config/datastore")).hasSize(2);
  }

  @Test
  void storeThatIsThereAlreadyIsTakenOnlyWhenItIsOneAndNobodyElseMayWriteInIt() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertThatThrownBy(() -> create(empty.toString(), true))
        .hasMessageContaining("there is no datastore in");

    Path open = TestStores.bare(directory.resolve("open"));
    Files.setPosixFilePermissions(
        open.resolve(".chunks"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> create(open.toString(), true))
        .hasMessageContaining("others may write '" + open.resolve(".chunks") + "'");

    Files.setPosixFilePermissions(
        open.resolve(".chunks"), PosixFilePermissions.fromString("rwxr-x---"));
    create(open.toString(), true);
    assertThat(node.admin().get("/admin/datastore/new/snapshots")).isEmpty();
  }
}
