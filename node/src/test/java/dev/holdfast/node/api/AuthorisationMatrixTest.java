package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Acl;
import dev.holdfast.node.access.Authenticator.Login;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Role;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.UserConfig.Entry;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: nobody gets past what the table of endpoints declares. Every endpoint of the OpenAPI
 * document is called without a valid login in every way there is, by every built-in role on every
 * level of the tree, and, where ownership counts, about somebody else's group. Nothing here names
 * an endpoint, so a new one is in the matrix as soon as it is in the table.
 */
final class AuthorisationMatrixTest {
  /** More at a time would be a test of the machine. */
  private static final int CALLS_AT_ONCE = 300;

  private static final Pattern DECLARED =
      Pattern.compile("Permission: ([A-Za-z. ]+) on (/\\S*?)(?:, or to be \\{\\w+})?\\.");

  /** What is done with groups, and who may: with all of them, or with his own. */
  private static final String OF_GROUPS = "and to own the group.";

  private static final Pattern ON_NAMESPACE =
      Pattern.compile("([A-Za-z.]+(?: or [A-Za-z.]+)*) on /datastore/\\{store}/\\{ns}");
  private static final String NAMESPACE = "team";
  private static final List<String> STORE_LEVELS =
      List.of("/", "/datastore", "/datastore/main", "/datastore/main/" + NAMESPACE);
  private static final List<String> LEVELS =
      Stream.concat(STORE_LEVELS.stream(), Stream.of("/system", "/access", "/remote")).toList();
  private static final String PASSWORD = "a good password";
  private static final SnapshotId SNAPSHOT = new GroupId(BackupType.HOST, "web").at(1_700_000_000);

  /** For placeholders and required parameters; the datastore alone is there. */
  private static final Map<String, String> VALUES =
      Map.ofEntries(
          Map.entry("store", "main"),
          Map.entry("node", "localhost"),
          Map.entry("name", "absent"),
          Map.entry("id", "absent"),
          Map.entry("realm", "absent"),
          Map.entry("userid", "absent@pbs"),
          Map.entry("token-name", "absent"),
          Map.entry("move", "20260101T000000Z-0000"),
          Map.entry("upid", "UPID:vm:00000001:00000001:00000001:65000000:backup:x:absent@pbs:"),
          Map.entry("backup-type", "host"),
          Map.entry("backup-id", SNAPSHOT.group().id()),
          Map.entry("backup-time", Long.toString(SNAPSHOT.time())),
          Map.entry("notes", "text"),
          Map.entry("protected", "1"),
          Map.entry("new-owner", "root@pam"),
          Map.entry("file-name", "guest.conf.blob"),
          Map.entry("filepath", "/"));

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .sslContext(RawTls.trustingAll())
          .build();
  private final Semaphore permits = new Semaphore(CALLS_AT_ONCE);
  private AccessState access;
  private TestNode node;
  private JsonNode paths;

  /** One line of the document. */
  private record Call(String method, String template, JsonNode operation) {
    boolean needsLogin() {
      return !operation.path("security").isEmpty();
    }

    String permission() {
      return operation.path("description").asText();
    }

    String path() {
      return filled(template);
    }

    @Override
    public String toString() {
      return method + " " + template;
    }
  }

  @BeforeEach
  void startWithoutUsers() throws IOException {
    StateDirectory state =
        StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom());
    access = AccessState.open(state, InstantSource.system());
    node = TestNode.start(strict, directory);
    HttpRequest document = request("GET", "/api2/openapi.json", Map.of(), "");
    HttpResponse<String> answer = client.sendAsync(document, BodyHandlers.ofString()).join();
    paths = new JsonMapper().readTree(answer.body()).path("paths");
  }

  @AfterEach
  void stop() {
    client.close();
    node.close();
  }

  private List<Call> calls() {
    List<Call> calls = new ArrayList<>();
    paths
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        method ->
                            calls.add(
                                new Call(
                                    method.getKey().toUpperCase(java.util.Locale.ROOT),
                                    path.getKey(),
                                    method.getValue()))));
    return calls;
  }

  // ---- requests ----

  private HttpRequest request(
      String method, String target, Map<String, String> headers, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + node.address().port() + target))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/x-www-form-urlencoded");
    }
    headers.forEach(request::header);
    return request.build();
  }

  private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
    permits.acquireUninterruptibly();
    return client
        .sendAsync(request, BodyHandlers.ofString())
        .whenComplete((answer, error) -> permits.release());
  }

  private static String filled(String template) {
    String path = template;
    for (Map.Entry<String, String> value : VALUES.entrySet()) {
      path = path.replace("{" + value.getKey() + "}", encode(value.getValue()));
    }
    return path;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static Map<String, String> token(AuthId id) {
    return Map.of("Authorization", "PBSAPIToken=" + id + ":" + PASSWORD.replace(' ', '-'));
  }

  /** A user with a token, who both have the entries. */
  private AuthId tokenOf(Entry user, Acl.Entry... entries) {
    AuthId token = user.id().withToken("test");
    access.control().users().update(users -> users.with(user).with(Entry.of(token)));
    access.tokens().set(token.toString(), new Secret(PASSWORD.replace(' ', '-')));
    for (Acl.Entry entry : entries) {
      for (AuthId id : List.of(user.id(), token)) {
        access
            .control()
            .acl()
            .update(
                acl ->
                    acl.with(
                        new Acl.Entry(
                            entry.path(), id.toString(), entry.role(), entry.propagate())));
      }
    }
    return token;
  }

  private static Entry user(String name) {
    return Entry.of(AuthId.parse(name + "@pbs"));
  }

  private static Acl.Entry everything() {
    return new Acl.Entry("/", "", Role.ADMIN, true);
  }

  // ---- no valid login ----

  @Test
  void withoutAValidLoginEveryCallIs401() {
    AuthId disabled = tokenOf(user("disabled").with("enable", "false"), everything());
    AuthId expired = tokenOf(user("expired").with("expire", "1000000000"), everything());
    var unused = tokenOf(user("known"), everything());
    AuthId known = AuthId.parse("known@pbs");
    access.authenticator().setPassword(known, new Secret(PASSWORD));
    Login login = access.authenticator().login(known, new Secret(PASSWORD));
    Instant longAgo = Instant.now().minus(Duration.ofHours(3));
    Login old =
        AccessState.open(access.directory(), InstantSource.fixed(longAgo))
            .authenticator()
            .login(known, new Secret(PASSWORD));
    Map<String, Map<String, String>> ways =
        Map.of(
            "no login",
            Map.of(),
            "expired ticket",
            Map.of(
                "Cookie", "PBSAuthCookie=" + old.ticket(), "CSRFPreventionToken", old.csrfToken()),
            "ticket without CSRF token",
            Map.of("Cookie", "PBSAuthCookie=" + login.ticket()),
            "token of a disabled user",
            token(disabled),
            "token of an expired user",
            token(expired));
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<?>> asked = new ArrayList<>();
    for (Call call : calls()) {
      ways.forEach(
          (way, headers) -> {
            boolean valid = way.startsWith("ticket") && call.method().equals("GET");
            if (!valid && call.needsLogin()) {
              asked.add(
                  send(request(call.method(), "/api2/json" + call.path(), headers, ""))
                      .thenAccept(
                          answer -> {
                            if (answer.statusCode() != 401) {
                              wrong.add(call + " with " + way + ": " + answer.statusCode());
                            }
                          }));
            }
          });
    }
    asked.forEach(CompletableFuture::join);
    assertThat(wrong).isEmpty();
    assertThat(asked).hasSizeGreaterThan(400);
  }

  // ---- roles ----

  @Test
  void everyRoleOnEveryLevelGetsExactlyAsFarAsItsPrivilegesGo() {
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<?>> asked = new ArrayList<>();
    forEveryRoleOn(LEVELS, (role, level, token) -> asked.addAll(askAll(token, role, level, wrong)));
    asked.forEach(CompletableFuture::join);
    assertThat(wrong).isEmpty();
    assertThat(asked).hasSizeGreaterThan(1000);
  }

  @Test
  void everyRoleOnEveryLevelOfADatastoreDoesWithGroupsExactlyWhatItsPrivilegesAllow() {
    node.admin().post("/admin/datastore/main/namespace", TestNode.json("name", NAMESPACE));
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<?>> asked = new ArrayList<>();
    forEveryRoleOn(
        STORE_LEVELS,
        (role, level, token) -> {
          for (Call call : calls()) {
            // It goes on below, where more may be allowed.
            boolean recursive = call.template().endsWith("/prune-datastore");
            if (call.permission().endsWith(OF_GROUPS) && !recursive) {
              asked.add(askOfGroup(call, role, level, token, "", wrong));
              asked.add(askOfGroup(call, role, level, token, NAMESPACE, wrong));
            }
          }
        });
    asked.forEach(CompletableFuture::join);
    assertThat(wrong).isEmpty();
    assertThat(asked).hasSizeGreaterThan(2000);
  }

  private CompletableFuture<?> askOfGroup(
      Call call,
      Role role,
      String level,
      AuthId token,
      String namespace,
      ConcurrentLinkedQueue<String> wrong) {
    String path = "/datastore/main" + (namespace.isEmpty() ? "" : "/" + namespace);
    boolean has =
        ON_NAMESPACE
            .matcher(call.permission())
            .results()
            .flatMap(found -> Stream.of(found.group(1).split(" or ", -1)))
            .map(Privilege::parse)
            .anyMatch(role.privileges()::contains);
    return send(withParameters(call, token, namespace))
        .thenAccept(
            answer ->
                note(call + " in '" + namespace + "'", answer, has, path, role, level, wrong));
  }

  private static void note(
      String call,
      HttpResponse<String> answer,
      boolean has,
      String path,
      Role role,
      String level,
      ConcurrentLinkedQueue<String> wrong) {
    boolean reaches = level.equals("/") || (path + "/").startsWith(level + "/");
    boolean allowed = answer.statusCode() != 403;
    if (allowed != (has && reaches)) {
      wrong.add(call + ": " + answer.statusCode() + " for " + role + " on " + level);
    }
  }

  private interface Visitor {
    void visit(Role role, String level, AuthId token);
  }

  /** A user for each, with nothing else. */
  private void forEveryRoleOn(List<String> levels, Visitor visitor) {
    for (Role role : Role.values()) {
      for (String level : levels) {
        String name = (role.text() + level.replace('/', '-')).toLowerCase(java.util.Locale.ROOT);
        visitor.visit(role, level, tokenOf(user(name), new Acl.Entry(level, "", role, true)));
      }
    }
  }

  @Test
  void tokenGetsNoFurtherThanItsUser() {
    AuthId token = tokenOf(user("weak"), new Acl.Entry("/", "", Role.NO_ACCESS, true));
    access
        .control()
        .acl()
        .update(acl -> acl.with(new Acl.Entry("/", token.toString(), Role.ADMIN, true)));
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    askAll(token, Role.NO_ACCESS, "/", wrong).forEach(CompletableFuture::join);
    assertThat(wrong).isEmpty();
  }

  /** Only calls whose permission can be told from the path alone. */
  private List<CompletableFuture<?>> askAll(
      AuthId token, Role role, String level, ConcurrentLinkedQueue<String> wrong) {
    List<CompletableFuture<?>> asked = new ArrayList<>();
    for (Call call : calls()) {
      Matcher declared = DECLARED.matcher(call.permission());
      if (declared.matches()) {
        boolean has =
            Stream.of(declared.group(1).split(" or ", -1))
                .map(Privilege::parse)
                .anyMatch(role.privileges()::contains);
        String path = filled(declared.group(2));
        asked.add(
            send(request(call.method(), "/api2/json" + call.path(), token(token), ""))
                .thenAccept(
                    answer -> note(call.toString(), answer, has, path, role, level, wrong)));
      }
    }
    return asked;
  }

  // ---- ownership ----

  @Test
  void whoMayOnlyUseHisOwnGroupsDoesNothingWithOthers() {
    SmallUpload.run(
        node.client(node.token("writer", "/datastore/main", "DatastoreBackup")),
        TestNode.STORE,
        Namespace.ROOT,
        SNAPSHOT,
        1);
    AuthId other =
        tokenOf(
            user("other"), new Acl.Entry("/datastore/main", "", Role.DATASTORE_POWER_USER, true));
    AuthId stranger = tokenOf(user("stranger"));
    int asked = 0;
    for (Call call : calls()) {
      if (!call.permission().endsWith(OF_GROUPS)) {
        continue;
      }
      asked++;
      HttpResponse<String> answer = send(withParameters(call, other, "")).join();
      boolean hidden = answer.statusCode() == 200 && answer.body().startsWith("{\"data\":[]");
      boolean refused =
          (answer.statusCode() == 400 && answer.body().contains("backup owner check failed"))
              || (answer.statusCode() == 401 && answer.body().contains("does not have permission"));
      // Of a whole datastore, foreign groups are passed over.
      boolean recursive =
          List.of("prune-datastore", "verify")
              .contains(call.template().substring(call.template().lastIndexOf('/') + 1));
      assertThat(hidden || refused || recursive)
          .as("%s by another: %s %s", call, answer.statusCode(), answer.body())
          .isTrue();
      assertThat(send(withParameters(call, stranger, "")).join().statusCode())
          .as("%s by a stranger", call)
          .isEqualTo(403);
    }
    assertThat(asked).isGreaterThan(10);
    assertThat(node.admin().get("/admin/datastore/main/snapshots")).hasSize(1);
  }

  /** With a value for each parameter that the call has to have. */
  private HttpRequest withParameters(Call call, AuthId caller, String namespace) {
    List<String> pairs = new ArrayList<>();
    pairs.add("ns=" + namespace);
    JsonNode body = call.operation().path("requestBody").path("content");
    boolean form = body.has("application/x-www-form-urlencoded");
    for (JsonNode parameter : call.operation().path("parameters")) {
      String name = parameter.path("name").asText();
      if (parameter.path("in").asText().equals("query")
          && (parameter.path("required").asBoolean() || name.startsWith("backup-"))) {
        pairs.add(name + "=" + encode(VALUES.getOrDefault(name, "")));
      }
    }
    if (form) {
      JsonNode schema = body.path("application/x-www-form-urlencoded").path("schema");
      Set<String> names = new TreeSet<>();
      schema.path("properties").fieldNames().forEachRemaining(names::add);
      names.removeIf(name -> !name.startsWith("backup-"));
      schema.path("required").forEach(name -> names.add(name.asText()));
      names.forEach(name -> pairs.add(name + "=" + encode(VALUES.getOrDefault(name, ""))));
    }
    String joined = String.join("&", pairs);
    String target = "/api2/json" + call.path() + (form ? "" : "?" + joined);
    return request(call.method(), target, token(caller), form ? joined : "");
  }
}
