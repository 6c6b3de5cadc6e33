package dev.holdfast.node.recorded;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.recorded.RecordedCall.Answer;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.StreamAnswers;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.RawTls;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Plays lines of {@code protocol-probes.jsonl} to a node. What they say on a session goes to the
 * one that was opened last and is still open.
 */
final class ProbeReplay implements AutoCloseable {
  private static final String STORE = "scratch";
  private static final String RECORDED_STORE = "/mnt/datastore/site4a/scratch/";
  private static final String ROOT = "root@pam!adm";
  private static final String BACKUP = "backup@pbs!t1";
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration SOON = Duration.ofSeconds(20);

  /** The first bytes of an index but its UUID and time. */
  private static final int HEADER_BYTES_SHOWN = 96;

  private final RecordedServer server;
  private final Deque<RawSession> sessions = new ArrayDeque<>();
  private String lastAnswer = "";
  private SnapshotId writing = SnapshotId.parse("host/none/2024-07-03T09:46:40Z");

  ProbeReplay(RecordedServer server) {
    this.server = server;
  }

  private int port() {
    return server.node().address().port();
  }

  private RawSession session() {
    return sessions.element();
  }

  // ---- lines ----

  /** What was recorded, in the form of {@link #play}. */
  static Answer recorded(JsonNode line) {
    JsonNode answer = line.path("answer");
    if (line.has("rest")) {
      return answer(line.path("status").intValue(), text(answer));
    }
    if (line.has("call")) {
      return answer(answer.path(0).intValue(), text(answer.path(1)));
    }
    if (line.has("upgrade")) {
      String[] head = answer.isArray() ? new String[] {answer.path(0).textValue()} : lines(answer);
      int status = Integer.parseInt(head[0].split(" ", 3)[1]);
      return answer(status, answer.isArray() ? text(answer.path(1)) : "upgraded");
    }
    if (line.path("step").asText().equals("task")) {
      return task(line.path("status"), line.path("log"));
    }
    ObjectNode facts = line.deepCopy();
    facts.remove(List.of("step", "exists"));
    if (facts.has("header")) {
      facts.put("header", withoutTime(facts.path("header").textValue()));
    }
    return answer(200, facts.toString());
  }

  private static String[] lines(JsonNode text) {
    return text.textValue().split("\r\n", -1);
  }

  private static String text(JsonNode answer) {
    return relative(answer.isTextual() ? answer.textValue() : answer.toString());
  }

  /** A node tells paths from the datastore on, a real server from the root. */
  private static String relative(String text) {
    return text.replace(RECORDED_STORE, "");
  }

  private static Answer answer(int status, String body) {
    return new Answer(status, "", "", "", body);
  }

  Answer play(JsonNode line) throws IOException {
    if (line.has("rest")) {
      return rest(line);
    }
    if (line.has("call")) {
      return call(line);
    }
    if (line.has("upgrade")) {
      return upgrade(line);
    }
    if (line.has("exists")) {
      return directory(server.store(STORE).resolve(line.path("exists").textValue()));
    }
    return switch (line.path("step").textValue()) {
      case "server settings" -> settings();
      case "grown fixed index on disk" -> grownIndex();
      case "download index" -> size("GET /download?file-name=g.img.fidx");
      case "chunk of the index" ->
          size(
              "GET /chunk?digest="
                  + "b988e2a8f26071667fc3883b5c41e8ccbb35e2f319839c466fd2bdd932d44308");
      case "task" -> task();
      default -> throw new AssertionError("a line of an unknown kind: " + line);
    };
  }

  private Answer rest(JsonNode line) throws IOException {
    String[] words = line.path("rest").textValue().split(" ", 2);
    String form = form(line.path("params"));
    boolean inBody = words[0].equals("PUT") || words[0].equals("POST");
    PlainRequest request =
        new PlainRequest(words[0] + " /api2/json" + words[1] + (inBody ? "" : "?" + form))
            .header("Authorization", authorization(words[1].startsWith("/config") ? ROOT : BACKUP));
    if (inBody) {
      request.form(form);
    }
    PlainRequest.Answer answer = request.send(port());
    lastAnswer = answer.body();
    return answer(answer.status(), ours(answer.body()));
  }

  /** Of the call before, to its end. */
  private Answer task() throws IOException {
    String upid = JSON.readTree(lastAnswer).path("data").asText();
    TaskRuns tasks = new TaskRuns(server.node().admin());
    var unused = tasks.ended(upid);
    String path = "/nodes/localhost/tasks/" + upid;
    return task(
        server.node().admin().get(path + "/status", Map.of()),
        server.node().admin().get(path + "/log", Map.of("limit", "0")));
  }

  /** What it was, how it ended, and each line of its log without the time. */
  private static Answer task(JsonNode status, JsonNode log) {
    ObjectNode facts = JSON.createObjectNode();
    for (String name : List.of("type", "id", "exitstatus")) {
      facts.put(name, status.path(name).asText());
    }
    ObjectNode lines = facts.putObject("log");
    for (JsonNode line : log) {
      String text = line.isTextual() ? line.textValue() : line.path("t").asText();
      lines.put(relative(text.replaceFirst("^\\S+ ", "")), true);
    }
    return answer(200, facts.toString());
  }

  private static String authorization(String token) {
    return "PBSAPIToken=" + token + ":" + RecordedServer.TOKENS.get(token);
  }

  private String ours(String text) {
    return text.replace(server.store(STORE) + "/", "");
  }

  private static String form(JsonNode params) {
    List<String> pairs = new ArrayList<>();
    params
        .properties()
        .forEach(
            p ->
                pairs.add(
                    p.getKey()
                        + "="
                        + URLEncoder.encode(p.getValue().asText(), StandardCharsets.UTF_8)));
    return String.join("&", pairs);
  }

  private Answer upgrade(JsonNode line) throws IOException {
    JsonNode params = line.path("upgrade");
    String protocol = line.path("protocol").textValue();
    boolean otherOwner = line.path("step").textValue().contains("other owner");
    String path = protocol.equals(RawSession.READER) ? "reader" : "backup";
    RawTls tls = RawTls.connect(port());
    PlainRequest.Answer answer =
        RawSession.upgrade(
                "/api2/json/" + path + "?" + form(params),
                protocol,
                authorization(otherOwner ? ROOT : BACKUP))
            .on(tls);
    if (answer.status() != 101) {
      tls.close();
      return answer(answer.status(), ours(answer.body()));
    }
    assertThat(answer.headers()).containsEntry("upgrade", protocol);
    assertThat(answer.headers()).containsEntry("connection", "upgrade");
    sessions.push(RawSession.on(tls));
    if (protocol.equals(RawSession.BACKUP)) {
      writing =
          GroupId.parse("host/" + params.path("backup-id").textValue())
              .at(params.path("backup-time").longValue());
    }
    return answer(101, "upgraded");
  }

  private Answer call(JsonNode line) throws IOException {
    String call = line.path("call").textValue();
    ObjectNode query =
        line.path("query").isObject()
            ? line.path("query").deepCopy()
            : JsonNodeFactory.instance.objectNode();
    byte[] body = body(line, query);
    if (query.has("encoded-size")) {
      query.put("encoded-size", body.length);
    }
    String head = query.isEmpty() ? call : call + "?" + form(query);
    String type = line.path("body").isTextual() ? "application/json" : null;
    StreamAnswers.Answer answer = session().call(head, type, body);
    return answer(Integer.parseInt(answer.status()), ours(answer.text()));
  }

  private byte[] body(JsonNode line, JsonNode query) {
    if (line.path("body").isTextual()) {
      return line.path("body").textValue().getBytes(StandardCharsets.UTF_8);
    }
    if (line.path("body").isNull()) {
      return new byte[0];
    }
    byte[] chunk = ProbeBackups.chunk(query.path("digest").asText());
    if (chunk != null) {
      return chunk;
    }
    return query.path("file-name").textValue().equals("index.json.blob")
        ? ProbeBackups.manifest(writing)
        : ProbeBackups.smallBlob();
  }

  private static Answer directory(Path directory) throws IOException {
    ObjectNode facts = JsonNodeFactory.instance.objectNode();
    facts.put("there", Files.exists(directory));
    if (Files.exists(directory)) {
      ArrayNode entries = facts.putArray("entries");
      try (Stream<Path> list = Files.list(directory)) {
        list.forEach(entry -> entries.add(String.valueOf(entry.getFileName())));
      }
    } else {
      facts.putNull("entries");
    }
    return answer(200, facts.toString());
  }

  private Answer settings() throws IOException {
    ObjectNode facts = JsonNodeFactory.instance.objectNode();
    ObjectNode values = facts.putObject("settings");
    session().settings().forEach((number, value) -> values.put(number.toString(), value));
    return answer(200, facts.toString());
  }

  private Answer grownIndex() throws IOException {
    Path snapshot = server.store(STORE).resolve("host/idx/2024-07-03T09:46:40Z");
    byte[] index = Files.readAllBytes(snapshot.resolve("g.img.fidx"));
    HexFormat hex = HexFormat.of();
    ObjectNode facts =
        JsonNodeFactory.instance
            .objectNode()
            .put("file_size", index.length)
            .put("header", withoutTime(hex.formatHex(index, 0, HEADER_BYTES_SHOWN)))
            .put("digests", hex.formatHex(index, 4096, index.length));
    return answer(200, facts.toString());
  }

  /** An index header without its UUID and time. */
  private static String withoutTime(String hex) {
    return hex.substring(0, 16) + hex.substring(64);
  }

  private Answer size(String head) throws IOException {
    StreamAnswers.Answer answer = session().call(head);
    ObjectNode facts =
        JsonNodeFactory.instance
            .objectNode()
            .put("status", Integer.parseInt(answer.status()))
            .put("size", answer.body().length);
    return answer(200, facts.toString());
  }

  // ---- what stands in no line ----

  /** A session that no line opened; everything is uploaded but not finished. */
  void uploaded(String namespace, String id, long time) throws IOException {
    SnapshotId snapshot = GroupId.parse("host/" + id).at(time);
    String target =
        "/api2/json/backup?store=scratch&backup-type=host&backup-id="
            + id
            + "&backup-time="
            + time
            + (namespace.isEmpty() ? "" : "&ns=" + namespace);
    RawSession session = RawSession.open(port(), target, RawSession.BACKUP, authorization(BACKUP));
    sessions.push(session);
    ProbeBackups.upload(new RawUpload(session, snapshot), snapshot);
  }

  void backedUp(String namespace, String id, long time) throws IOException {
    uploaded(namespace, id, time);
    assertThat(session().call("POST /finish").status()).isEqualTo("200");
    end();
  }

  /** The image of the index probes, to the session that was just opened. */
  void imageUploaded() throws IOException {
    ProbeBackups.uploadImage(new RawUpload(session(), writing));
  }

  /** The session that was opened last ends as clients end. */
  void end() throws IOException {
    sessions.pop().close();
    awaitTasks();
  }

  /** The session that was opened last ends by a reset. */
  void cut() throws IOException {
    // A reset that meets an answer on its way is seen as an end like any other.
    var unused = session().call("GET /");
    sessions.pop().cut();
    awaitTasks();
  }

  private void awaitTasks() {
    Await.until(
        "the task of the session to end",
        SOON,
        () ->
            server.node().admin().get("/nodes/localhost/tasks", Map.of("running", "true")).size()
                <= sessions.size());
  }

  /** A group, by a call that stands in no line either. */
  void removed(String id) {
    var unused =
        server
            .node()
            .admin()
            .delete(
                "/admin/datastore/scratch/groups", Map.of("backup-type", "host", "backup-id", id));
  }

  @Override
  public void close() throws IOException {
    for (RawSession session : sessions) {
      session.close();
    }
  }
}
