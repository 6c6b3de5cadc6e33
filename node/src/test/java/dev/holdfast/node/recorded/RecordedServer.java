package dev.holdfast.node.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A node with the users, rights, datastores, remotes and jobs that a recorded server had, from its
 * own configuration files.
 */
final class RecordedServer {
  static final String FINGERPRINT_A =
      "70:3c:dc:94:69:a6:77:3e:46:04:19:7b:f2:d2:81:1c:83:fd:d7:0c:cd:34:38:ad:0c:cf:2a:4f:f0:99:f6:06";
  static final String FINGERPRINT_D =
      "99:3a:03:31:e7:6c:f7:bf:a1:4d:84:af:cf:79:26:14:24:41:59:7f:03:7d:78:e1:ed:33:79:16:2f:0c:ee:90";
  static final String FINGERPRINT_E =
      "c6:87:82:1f:91:3a:de:46:28:b2:31:c2:8e:d3:0d:11:00:98:d8:d0:9e:eb:59:c1:3b:57:65:80:27:50:0d:40";

  /** Tokens of every recorded server, with secrets of our choice. */
  static final Map<String, String> TOKENS =
      Map.of("root@pam!adm", "1b4f2a-root", "backup@pbs!t1", "1b4f2a-backup");

  /** Its remote file was not recorded; the password follows. */
  private static final String SOURCE_OF_E =
      "remote: src42\n\tauth-id backup@pbs!t1\n\thost 127.0.0.1\n\tport 8017\n\tfingerprint "
          + FINGERPRINT_D
          + "\n\tpassword ";

  private static final Map<String, String> PASSWORDS =
      Map.of("backup@pbs", "pbs-test-pw", "viewer@pbs", "viewer-pw", "root@pam", "root-test-pw");

  /** Where the recorded servers kept their datastores, as the vectors name it. */
  private final String recordedBase;

  private final Path base;
  private final StateDirectory state;
  private final ConfigFiles files;
  private final TestNode node;

  private RecordedServer(
      String recordedBase, Path base, StateDirectory state, ConfigFiles files, TestNode node) {
    this.recordedBase = recordedBase;
    this.base = base;
    this.state = state;
    this.files = files;
    this.node = node;
  }

  /** Remotes and sync jobs, which the recorded server got while it was asked. */
  void addSyncs() {
    write(state, files, List.of("remote.cfg", "sync.cfg"));
  }

  private static void write(StateDirectory state, ConfigFiles files, List<String> names) {
    for (String name : names) {
      if (!files.text(name).isEmpty()) {
        state.write(name, files.text(name).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  TestNode node() {
    return node;
  }

  Path store(String name) {
    return base.resolve(name);
  }

  /** An answer of the node with the recorded server's paths in place of ours. */
  String asRecorded(String body) {
    return body.replace(base.toString(), recordedBase);
  }

  /** What a call of the recorded server asks of ours. */
  String asOurs(String text) {
    return text.replace(recordedBase, base.toString());
  }

  /** Server a of 3.2.4: datastores plain and crypt with their content, and an empty one. */
  static RecordedServer plain(StrictVertx strict, Path base, List<RecordedCall> calls)
      throws IOException {
    adopt(base, "pbs-3.2.4", "plain", "crypt");
    // A group that had lost its snapshots was not packed.
    Path empty = Files.createDirectory(base.resolve("plain/host/smallchunks"));
    Files.writeString(empty.resolve("owner"), "backup@pbs\n");
    return start(
        strict, base, "/mnt/datastore/site1", oldFiles(), calls, "plain", "crypt", "scratch");
  }

  /** Server b of 3.2.4, which pulls from a. */
  static RecordedServer puller(StrictVertx strict, Path base, TestNode a) throws IOException {
    ConfigFiles files = oldFiles();
    return start(
        strict,
        base,
        "/mnt/datastore/site2",
        name ->
            files
                .text(name)
                .replace(FINGERPRINT_A, a.fingerprint().toString())
                .replace("port 8007", "port " + a.address().port()),
        List.of(),
        "mirror2");
  }

  /** Server d of 4.2. */
  static RecordedServer split(StrictVertx strict, Path base, List<RecordedCall> calls)
      throws IOException {
    adopt(base, "pbs-4.2", "split", "splitcrypt");
    // Packed after the last of the calls, which made it.
    Files.delete(base.resolve("split/.gc-status"));
    JsonNode files = Vectors.json("pbs-4.2/server-files.json");
    return start(
        strict,
        base,
        "/mnt/datastore/site4a",
        name ->
            files
                .path("d/" + name)
                .path("text")
                .asText("")
                .replaceAll("password .*", "password " + base64(TOKENS.get("backup@pbs!t1"))),
        calls,
        "split",
        "splitcrypt",
        "taps",
        "scratch");
  }

  /** Server d of 4.2 with its empty datastore alone. */
  static RecordedServer scratch(StrictVertx strict, Path base) throws IOException {
    return likeD(strict, base, "scratch");
  }

  /** A server of 4.2 with the users of d, to which clients and a push write. */
  static RecordedServer pushed(StrictVertx strict, Path base) throws IOException {
    return likeD(strict, base, "taps", "pushed");
  }

  private static RecordedServer likeD(StrictVertx strict, Path base, String... datastores)
      throws IOException {
    JsonNode files = Vectors.json("pbs-4.2/server-files.json");
    return start(
        strict,
        base,
        "/mnt/datastore/site4a",
        name -> files.path("d/" + name).path("text").asText(""),
        List.of(),
        datastores);
  }

  /** Server e of 4.2, to which d pushes. Users and rights are those of d. */
  static RecordedServer pushedTo(StrictVertx strict, Path base) throws IOException {
    JsonNode files = Vectors.json("pbs-4.2/server-files.json");
    for (String namespace : List.of("from-d/ns/lab", "enc")) {
      Files.createDirectories(base.resolve("pushed/ns").resolve(namespace));
    }
    String source = SOURCE_OF_E + base64(TOKENS.get("backup@pbs!t1")) + "\n";
    return start(
        strict,
        base,
        "/mnt/datastore/site4b",
        name ->
            name.equals("remote.cfg")
                ? source
                : files
                    .path((name.equals("sync.cfg") ? "e/" : "d/") + name)
                    .path("text")
                    .asText(""),
        List.of(),
        "pushed",
        "mirror",
        "scratch",
        "fromold");
  }

  private static String base64(@Nullable String secret) {
    return Base64.getEncoder()
        .encodeToString(String.valueOf(secret).getBytes(StandardCharsets.UTF_8));
  }

  private static void adopt(Path base, String version, String... stores) throws IOException {
    for (String store : stores) {
      Vectors.unpack(
          version + "/datastore-" + store + ".tar.zst",
          Files.createDirectories(base.resolve(store)));
    }
  }

  /** Content of a recorded server's configuration file, empty when there was none. */
  private interface ConfigFiles {
    String text(String name);
  }

  private static ConfigFiles oldFiles() throws IOException {
    JsonNode files = Vectors.json("pbs-3.2.4/auth-and-keys.json").path("config_files");
    return name -> files.path(name).asText("");
  }

  /** The tasks that a recorded server listed, as the archive of ours. */
  private static void rememberTasks(StateDirectory state, List<RecordedCall> calls)
      throws IOException {
    SortedMap<String, String> lines = new TreeMap<>();
    for (RecordedCall call : calls) {
      if (call.template().equals("GET /nodes/localhost/tasks")) {
        for (JsonNode task : Differences.json(call.answer().body()).path("data")) {
          String end = String.format(Locale.ROOT, "%08X", task.path("endtime").longValue());
          String upid = task.path("upid").textValue();
          lines.put(end + upid, upid + " " + end + " " + task.path("status").textValue() + "\n");
        }
      }
    }
    Files.writeString(state.directory("tasks").resolve("archive"), String.join("", lines.values()));
  }

  private static RecordedServer start(
      StrictVertx strict,
      Path base,
      String recordedBase,
      ConfigFiles files,
      List<RecordedCall> calls,
      String... stores)
      throws IOException {
    StateDirectory state =
        StateDirectory.open(new LocalFiles(), base.resolve("state"), new SecureRandom());
    rememberTasks(state, calls);
    // There was no first administrator.
    state.write("admin-password", new byte[0]);
    write(state, files, List.of("user.cfg", "acl.cfg", "domains.cfg"));
    StringBuilder config = new StringBuilder();
    for (String store : stores) {
      Path path = base.resolve(store);
      Path unused = Files.isDirectory(path.resolve(".chunks")) ? path : TestStores.bare(path);
      config.append("datastore: ").append(store).append("\n\tpath ").append(path).append("\n\n");
    }
    state.write("datastore.cfg", config.toString().getBytes(StandardCharsets.UTF_8));
    AccessState access = AccessState.open(state, InstantSource.system());
    TOKENS.forEach((id, secret) -> access.tokens().set(id, new Secret(secret)));
    PASSWORDS.forEach(
        (id, password) ->
            access.authenticator().setPassword(AuthId.parse(id), new Secret(password)));
    return new RecordedServer(recordedBase, base, state, files, TestNode.configured(strict, base));
  }
}
