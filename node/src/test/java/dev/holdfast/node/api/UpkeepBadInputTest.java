package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: whoever gives the upkeep of a datastore a rule, schedule, name, depth, path, mode or
 * threshold that cannot be is told so at once, with what was found and what is allowed, and nothing
 * has changed.
 *
 * <p>What has a range or a grammar is not listed here but read from the OpenAPI document: each
 * parameter of each call of the {@link #AREA} gets values out of its range, and is refused in the
 * words that real servers have (spec/protocols.md §3.3), which do not always say what is allowed.
 * What only a parser knows is in the table of {@link #whatOnlyAParserKnows}, and no such parameter
 * is left out of it.
 */
final class UpkeepBadInputTest {
  private static final List<String> AREA =
      List.of(
          "/config/datastore",
          "/config/prune",
          "/config/verify",
          "/config/sync",
          "/config/notifications",
          "/config/metrics",
          "/admin/datastore",
          "/admin/gc",
          "/admin/prune",
          "/admin/verify",
          "/admin/sync",
          "/admin/metrics",
          "/nodes/{node}/config",
          "/nodes/{node}/tasks",
          "/mesh/prune-simulation",
          "/mesh/syncs",
          "/mesh/lag",
          "/pull",
          "/push");

  /** Lines and texts in which anything is allowed. */
  private static final Set<String> FREE =
      Set.of(
          "author",
          "bucket",
          "comment",
          "consent-text",
          "description",
          "filepath",
          "location",
          "notes",
          "organization",
          "password",
          "token",
          "typefilter",
          "userfilter",
          "username");

  /** Looked at where it is used, with a row in the table. */
  private static final Set<String> REFUSED_LATER = Set.of("path");

  private static final Map<String, String> PLACES =
      Map.of(
          "store", "main",
          "node", "localhost",
          "name", "extra",
          "id", "nightly",
          "move", "20260101T000000Z-0000",
          "upid", "UPID:vm:00000001:00000001:00000001:65000000:backup:x:absent@pbs:");

  private static final GroupId WEB = new GroupId(BackupType.HOST, "web");

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();
  @TempDir private static Path directory = Path.of("");

  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .sslContext(RawTls.trustingAll())
          .build();

  @SuppressWarnings("NullAway.Init") // before all tests
  private static TestNode node;

  @SuppressWarnings("NullAway.Init") // before all tests
  private static String token;

  /** A call with one bad value, and the answer. */
  private record Row(String call, ObjectNode body, boolean json, String expected) {
    @Override
    public String toString() {
      String text = body.toString();
      return call + " " + (text.length() > 120 ? text.substring(0, 120) + "…" : text);
    }
  }

  @BeforeAll
  static void nodeWithOneOfEverything() throws IOException {
    Path extra = TestStores.bare(directory.resolve("extra"));
    Path state = Files.createDirectory(directory.resolve("state"));
    Files.writeString(state.resolve("datastore.cfg"), "datastore: extra\n\tpath " + extra + "\n");
    node = TestNode.start(VERTX, directory);
    Credential.Token root = node.token(AuthId.ROOT, "test");
    node.allow(root.id(), "/", "Admin");
    token = "PBSAPIToken=" + root.id() + ":" + root.secret().reveal();
    for (String namespace :
        List.of("lab", "lab/a", "lab/a/b", "1", "1/2", "1/2/3", "1/2/3/4", "1/2/3/4/5")) {
      Namespace made = Namespace.parse(namespace);
      must(
          "POST /admin/datastore/main/namespace",
          "name=" + made.components().getLast() + "&parent=" + made.parent());
    }
    SmallUpload.run(node.admin(), TestNode.STORE, Namespace.ROOT, WEB.at(1_700_000_000), 1);
    must("POST /config/prune", "id=nightly&store=main&schedule=daily&keep-last=3");
    must("POST /config/verify", "id=nightly&store=main&schedule=daily");
    must("POST /config/sync", "id=nightly&store=extra&remote-store=main&schedule=daily");
    String notifications = "POST /config/notifications/endpoints/";
    must(notifications + "gotify", "name=phone&server=https://gotify.example&token=t");
    must(
        notifications + "smtp",
        "name=post&server=mail.example&from-address=node@mail.example&mailto=root");
    must(notifications + "sendmail", "name=local&mailto=root");
    must(
        notifications + "webhook",
        "name=hook&method=post&url=https://chat.example/{{ url-encode title }}"
            + "&header=name=X-Key,value=e3sgc2VjcmV0cy5rZXkgfX0=&secret=name=key,value=eA=="
            + "&body=e3sgdGl0bGUgfX0=");
    must(
        "POST /config/notifications/matchers",
        "name=all&match-severity=error,warning&match-field=regex:type=^g&match-calendar=mon..fri"
            + " 8-18&target=phone");
    must("POST /config/metrics/influxdb-udp", "name=graphs&host=127.0.0.1:9&mtu=600");
    must("POST /config/metrics/influxdb-http", "name=charts&url=https://influx.example&enable=0");
    must(
        "PUT /config/datastore/extra",
        "tuning=chunk-order=none,gc-atime-cutoff=2880,gc-cache-capacity=0,sync-level=file,"
            + "gc-atime-safety-check=off,default-verification-readers=32&gc-schedule=sat 18:15"
            + "&notify=gc=never,verify=error&maintenance-mode=read-only,message=\"new disk\"");
  }

  @AfterAll
  static void stop() {
    CLIENT.close();
    node.close();
  }

  // ---- calls ----

  private static HttpResponse<String> send(String call, ObjectNode body, boolean json) {
    int blank = call.indexOf(' ');
    String method = call.substring(0, blank);
    String target = "/api2/json" + call.substring(blank + 1);
    boolean inBody = method.equals("POST") || method.equals("PUT");
    String form = form(body);
    if (!inBody && !form.isEmpty()) {
      target += "?" + form;
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + node.address().port() + target))
            .header("Authorization", token);
    if (inBody) {
      request.header(
          "Content-Type", json ? "application/json" : "application/x-www-form-urlencoded");
      request.method(method, BodyPublishers.ofString(json ? body.toString() : form));
    } else {
      request.method(method, BodyPublishers.noBody());
    }
    return CLIENT.sendAsync(request.build(), BodyHandlers.ofString()).join();
  }

  private static String form(ObjectNode body) {
    List<String> pairs = new ArrayList<>();
    body.properties()
        .forEach(pair -> pairs.add(pair.getKey() + "=" + encode(pair.getValue().asText())));
    return String.join("&", pairs);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** {@code a=b&c=d}, where a value is anything but an ampersand. */
  private static ObjectNode body(String pairs) {
    ObjectNode body = object();
    for (String pair : pairs.split("&", -1)) {
      int equals = pair.indexOf('=');
      body.put(
          pair.substring(0, equals),
          pair.substring(equals + 1).replace("DIRECTORY", directory.toString()));
    }
    return body;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static void must(String call, String pairs) {
    HttpResponse<String> answer = send(call, body(pairs), false);
    assertThat(answer.statusCode()).as("%s: %s", call, answer.body()).isEqualTo(200);
  }

  /** Configurations of the node, directories of its datastores, and tasks. */
  private static Map<String, String> state() {
    Map<String, String> state = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.toList()) {
        String name = directory.relativize(file).toString();
        if (name.matches("state/[^/]+\\.cfg")) {
          state.put(name, Files.readString(file));
        } else if (!name.startsWith("state/") && Files.isDirectory(file)) {
          state.put(name, "");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    state.put(
        "tasks", send("GET /nodes/localhost/tasks", object().put("limit", "0"), false).body());
    return state;
  }

  // ---- ranges and patterns, as the document has them ----

  private static void parameters(BiConsumer<String, JsonNode> visitor) throws IOException {
    JsonNode document =
        new JsonMapper()
            .readTree(
                CLIENT
                    .sendAsync(
                        HttpRequest.newBuilder(
                                URI.create(
                                    "https://127.0.0.1:"
                                        + node.address().port()
                                        + "/api2/openapi.json"))
                            .build(),
                        BodyHandlers.ofString())
                    .join()
                    .body());
    document
        .path("paths")
        .properties()
        .forEach(
            path -> {
              boolean inside =
                  AREA.stream()
                      .anyMatch(
                          area ->
                              path.getKey().equals(area) || path.getKey().startsWith(area + "/"));
              if (inside) {
                path.getValue()
                    .properties()
                    .forEach(
                        method -> {
                          // An upload of a backup's parts is no upkeep.
                          JsonNode content = method.getValue().path("requestBody").path("content");
                          if (!content.has("application/octet-stream")) {
                            visitor.accept(
                                method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                method.getValue());
                          }
                        });
              }
            });
  }

  private static void eachParameter(JsonNode operation, BiConsumer<String, JsonNode> visitor) {
    for (JsonNode parameter : operation.path("parameters")) {
      if (!parameter.path("in").asText().equals("path")) {
        visitor.accept(parameter.path("name").asText(), parameter.path("schema"));
      }
    }
    operation
        .path("requestBody")
        .path("content")
        .path("application/json")
        .path("schema")
        .path("properties")
        .properties()
        .forEach(property -> visitor.accept(property.getKey(), property.getValue()));
  }

  private static String filled(String call) {
    String filled = call;
    for (Map.Entry<String, String> place : PLACES.entrySet()) {
      filled = filled.replace("{" + place.getKey() + "}", encode(place.getValue()));
    }
    return filled;
  }

  private static void rows(String call, JsonNode operation, List<Row> rows) {
    for (JsonNode parameter : operation.path("parameters")) {
      if (parameter.path("in").asText().equals("path")) {
        String name = parameter.path("name").asText();
        BadValues.of(parameter.path("schema"))
            .forEach(
                (value, why) -> {
                  if (!value.isEmpty()) {
                    String place = call.replace("{" + name + "}", encode(value));
                    rows.add(new Row(filled(place), object(), false, refusal(name, why)));
                  }
                });
      }
    }
    eachParameter(
        operation,
        (name, schema) -> {
          BadValues.of(schema)
              .forEach(
                  (value, why) ->
                      rows.add(
                          new Row(
                              filled(call), object().put(name, value), false, refusal(name, why))));
          if (operation.has("requestBody")) {
            String type = schema.path("type").asText();
            ObjectNode wrong =
                type.equals("integer") ? object().put(name, "5") : object().put(name, 5);
            String got = type.equals("array") ? "array - got scalar value." : type + " value.";
            rows.add(new Row(filled(call), wrong, true, refusal(name, "Expected " + got)));
          }
        });
  }

  private static String refusal(String name, String why) {
    return "parameter verification failed - '" + name + "': " + why;
  }

  @Test
  void everyRangeAndPatternOfEveryCallIsCheckedAndNothingChanges() throws IOException {
    List<Row> rows = new ArrayList<>();
    parameters((call, operation) -> rows(call, operation, rows));
    Map<String, String> before = state();
    List<String> wrong = new ArrayList<>();
    for (Row row : rows) {
      HttpResponse<String> answer = send(row.call(), row.body(), row.json());
      if (answer.statusCode() != 400 || !answer.body().equals(row.expected())) {
        wrong.add(row + ": " + answer.statusCode() + " " + answer.body());
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(rows).hasSizeGreaterThan(1000);
    assertThat(state()).isEqualTo(before);
  }

  // ---- what only a parser knows ----

  private static final String ROWS =
      """
      PUT /config/datastore/extra | gc-schedule=25:61 | 'gc-schedule': unable to parse calendar event at ':61' | (found '25:61', | expected a calendar event such as 'daily'
      PUT /config/datastore/extra | gc-schedule=someday | 'gc-schedule': | found 'someday' | a calendar event
      PUT /config/datastore/extra | tuning=chunk-order=random | 'tuning': | chunk-order 'random' | inode or none
      PUT /config/datastore/extra | tuning=sync-level=often | 'tuning': | sync-level 'often' | none, file or filesystem
      PUT /config/datastore/extra | tuning=gc-atime-safety-check=perhaps | 'tuning': gc-atime-safety-check | 'perhaps' | true or false
      PUT /config/datastore/extra | tuning=gc-atime-cutoff=0 | 'tuning': gc-atime-cutoff | '0' | a whole number from 1 to 2880
      PUT /config/datastore/extra | tuning=gc-atime-cutoff=2881 | 'tuning': gc-atime-cutoff | '2881' | a whole number from 1 to 2880
      PUT /config/datastore/extra | tuning=gc-atime-cutoff=9223372036854775807 | 'tuning': gc-atime-cutoff | '9223372036854775807' | from 1 to 2880
      PUT /config/datastore/extra | tuning=gc-atime-cutoff=soon | 'tuning': gc-atime-cutoff | 'soon' | from 1 to 2880
      PUT /config/datastore/extra | tuning=gc-cache-capacity=-1 | 'tuning': gc-cache-capacity | '-1' | from 0 to 8388608
      PUT /config/datastore/extra | tuning=gc-cache-capacity=8388609 | 'tuning': gc-cache-capacity | '8388609' | from 0 to 8388608
      PUT /config/datastore/extra | tuning=default-verification-readers=0 | 'tuning': default-verification-readers | '0' | from 1 to 32
      PUT /config/datastore/extra | tuning=default-verification-workers=33 | 'tuning': default-verification-workers | '33' | from 1 to 32
      PUT /config/datastore/extra | tuning=colour=red | 'tuning': | the key 'colour' | expected one of chunk-order, default-verification-readers
      PUT /config/datastore/extra | tuning=inode | 'tuning': | a value without a key | KEY=VALUE
      PUT /config/datastore/extra | notify=gc=often | 'notify': | gc='often' | never, error or always
      PUT /config/datastore/extra | notify=tape=always | 'notify': | the key 'tape' | expected one of gc, prune, sync, verify
      PUT /config/datastore/extra | maintenance-mode=asleep | 'maintenance-mode': | 'asleep' | expected read-only or offline
      PUT /config/datastore/extra | maintenance-mode=delete | 'maintenance-mode': | 'delete' | expected read-only or offline
      PUT /config/datastore/extra | maintenance-mode=unmount | 'maintenance-mode': | 'unmount' | expected read-only or offline
      PUT /config/datastore/extra | maintenance-mode=s3-refresh | 'maintenance-mode': | 's3-refresh' | expected read-only or offline
      PUT /config/datastore/extra | maintenance-mode=offline,message=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | 'maintenance-mode': | has 65 characters | at most 64
      PUT /config/datastore/extra | maintenance-mode=offline,colour=red | 'maintenance-mode': | the key 'colour' | expected one of message, type
      POST /config/datastore | name=third&path=srv | datastore path | 'srv' | expected one that begins with '/'
      POST /config/datastore | name=third&path=/ | datastore path | '/' | expected a directory below it
      POST /config/datastore | name=third&path=DIRECTORY/third&gc-schedule=25:61 | 'gc-schedule': | found '25:61' | a calendar event
      POST /config/datastore | name=third&path=DIRECTORY/third&prune-schedule=mon..xyz | 'prune-schedule': | found 'mon..xyz' | a calendar event
      POST /config/datastore | name=third&path=DIRECTORY/third&tuning=sync-level=often | 'tuning': | 'often' | none, file or filesystem
      POST /config/datastore | name=third&path=DIRECTORY/third&notify=gc=often | 'notify': | 'often' | never, error or always
      PUT /config/datastore/extra | prune-schedule=99:00 | 'prune-schedule': | found '99:00' | a calendar event
      POST /config/prune | id=other&store=main&schedule=5:0/61 | 'schedule': | found '5:0/61' | a calendar event
      POST /config/prune | id=other&store=main&schedule=daily&ns=a/b/c&max-depth=5 | depth and recursion depth exceed limit | 3 + 5 | > 7
      POST /config/prune | id=other&store=main&schedule=daily&ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      PUT /config/prune/nightly | schedule=5:0/61 | 'schedule': | found '5:0/61' | a calendar event
      PUT /config/prune/nightly | ns=a&max-depth=7 | depth and recursion depth exceed limit | 1 + 7 | > 7
      POST /config/verify | id=other&store=main&schedule=sometimes | 'schedule': | found 'sometimes' | a calendar event
      POST /config/verify | id=other&store=main&ns=a/b/c&max-depth=5 | depth and recursion depth exceed limit | 3 + 5 | > 7
      POST /config/verify | id=other&store=main&ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      PUT /config/verify/nightly | schedule=sometimes | 'schedule': | found 'sometimes' | a calendar event
      POST /config/sync | id=other&store=extra&remote-store=main&schedule=25:61 | 'schedule': | found '25:61' | a calendar event
      POST /config/sync | id=other&store=extra&remote-store=main&group-filter=vm/100 | 'group-filter': | 'vm/100' | group:TYPE/ID or regex:RE
      POST /config/sync | id=other&store=extra&remote-store=main&group-filter=type:qemu | 'group-filter': | 'qemu' | expected vm, ct or host
      POST /config/sync | id=other&store=extra&remote-store=main&group-filter=group:vm/../a | 'group-filter': | 'group:vm/../a' | group:TYPE/ID
      POST /config/sync | id=other&store=extra&remote-store=main&group-filter=exclude:regex:( | 'group-filter': | '(' | regex:RE
      POST /config/sync | id=other&store=extra&remote-store=main&ns=a/b/c&max-depth=5 | depth and recursion depth exceed limit | 3 + 5 | > 7
      POST /config/sync | id=other&store=extra&remote-store=main&remote-ns=a/b/c&max-depth=5 | depth and recursion depth exceed limit | 3 + 5 | > 7
      POST /config/sync | id=other&store=extra&remote-store=main&remote-ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      PUT /config/sync/nightly | schedule=25:61 | 'schedule': | found '25:61' | a calendar event
      PUT /config/sync/nightly | group-filter=type:qemu | 'group-filter': | 'qemu' | expected vm, ct or host
      POST /pull | store=extra&remote-store=main&group-filter=type:qemu | 'group-filter': | 'qemu' | expected vm, ct or host
      POST /pull | store=extra&remote-store=main&ns=a/b&max-depth=6 | depth and recursion depth exceed limit | 2 + 6 | > 7
      POST /push | store=extra&remote=there&remote-store=main&group-filter=type:qemu | 'group-filter': | 'qemu' | expected vm, ct or host
      POST /admin/datastore/main/prune-datastore | ns=1/2/3/4/5/6/7/8&keep-last=1 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      POST /admin/datastore/main/verify | ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      POST /admin/datastore/main/verify | backup-type=host&backup-id=web&backup-time=253402300800 | backup time | 253402300800 | expected 1 … 253402300799
      POST /admin/datastore/main/verify | backup-type=host | parameters do not specify a backup group or snapshot | |
      POST /admin/datastore/main/namespace | name=a&parent=1/2/3/4/5/6/7 | namespace too deep | 7 | max 7
      POST /admin/datastore/main/namespace | name=a&parent=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      DELETE /admin/datastore/main/namespace | ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      POST /admin/datastore/main/move-group | backup-type=host&backup-id=web&target-ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      POST /admin/datastore/main/move-namespace | ns=lab&target-ns=1/2/3/4/5/6/7/8 | invalid value | "1/2/3/4/5/6/7/8" | expected valid backup namespace
      POST /admin/datastore/main/move-namespace | ns=lab&target-ns=1/2/3/4/5/lab | namespace too deep | 8 | max 7
      POST /admin/datastore/main/moves/yesterday | action=undo | name of a move | 'yesterday' | expected YYYYMMDDTHHMMSSZ-xxxx
      GET /nodes/localhost/tasks/UPID:vm:00000001:00000001:00000001:65000000:backup:x:absent:/status | | 'upid': | 'absent' | USER@REALM
      GET /nodes/localhost/tasks/UPID:vm:00000001:00000001:00000001:65000000:backup:%5Cx:a@pbs:/log | | 'upid': | found 'UPID:vm: | expected UPID:NODE:PID
      DELETE /nodes/localhost/tasks/UPID:vm:00000001:00000001:00000001:65000000:backup:x:absent: | | 'upid': | 'absent' | USER@REALM
      GET /mesh/prune-simulation | schedule=25:61 | 'schedule': | found '25:61' | a calendar event
      GET /mesh/prune-simulation | schedule=daily&prune-schedule=25:61 | 'prune-schedule': | found '25:61' | a calendar event
      GET /mesh/prune-simulation | schedule=daily&hold=forever | 'hold': | found 'forever' | a time span such as '30d'
      GET /mesh/prune-simulation | schedule=daily&hold=200 years | 'hold': | found '200 years' | at most 100 years
      GET /mesh/prune-simulation | schedule=daily&size=much | 'size': | found 'much' | a number of bytes such as
      GET /mesh/prune-simulation | schedule=daily&size=1GB&change=some | 'change': | found 'some' | a number of bytes such as
      GET /mesh/prune-simulation | schedule=daily&size=0 | size | found a size of 0 bytes | expected 1 or more
      GET /mesh/prune-simulation | schedule=daily&size=1GiB&change=2GiB | change | found a change of 2 GiB | at most the size of one, 1 GiB
      GET /mesh/prune-simulation | schedule=daily&change=2GiB | change | found a change without a size | expected both
      POST /config/notifications/endpoints/gotify | name=other&server=phone.example&token=t | 'server': | found 'phone.example' | a URL such as 'https://
      POST /config/notifications/endpoints/gotify | name=other&server=ftp://phone.example&token=t | 'server': | found 'ftp://phone.example' | http://HOST or https://HOST
      PUT /config/notifications/endpoints/gotify/phone | server=phone.example&token=changed | 'server': | found 'phone.example' | a URL such as 'https://
      POST /config/notifications/endpoints/smtp | name=other&server=mail server&from-address=a@b.example | 'server': | found 'mail server' | a DNS name or an IP address
      POST /config/notifications/endpoints/smtp | name=other&server=mail.example&from-address=a b@c | 'from-address': | found 'a b@c' | a mail address such as
      POST /config/notifications/endpoints/smtp | name=other&server=mail.example&from-address=a@b.example&mailto=root@ | 'mailto': | found 'root@' | a mail address such as
      PUT /config/notifications/endpoints/smtp/post | server=mail server&password=changed | 'server': | found 'mail server' | a DNS name or an IP address
      PUT /config/notifications/endpoints/smtp/post | from-address=a b@c | 'from-address': | found 'a b@c' | a mail address such as
      PUT /config/notifications/endpoints/smtp/post | mailto=root@ | 'mailto': | found 'root@' | a mail address such as
      POST /config/notifications/endpoints/sendmail | name=other&mailto=root@ | 'mailto': | found 'root@' | a mail address such as
      POST /config/notifications/endpoints/sendmail | name=other&mailto=root&from-address=a b@c | 'from-address': | found 'a b@c' | a mail address such as
      PUT /config/notifications/endpoints/sendmail/local | mailto=root@ | 'mailto': | found 'root@' | a mail address such as
      PUT /config/notifications/endpoints/sendmail/local | from-address=a b@c | 'from-address': | found 'a b@c' | a mail address such as
      POST /config/notifications/endpoints/webhook | name=other&method=post&url=chat.example | 'url': | begins with 'chat.example' | http:// or https://
      POST /config/notifications/endpoints/webhook | name=other&method=post&url=https://chat.example/{{ colour }} | 'url': | found '{{ colour }}' | expected title, message, severity
      POST /config/notifications/endpoints/webhook | name=other&method=post&url=https://chat.example&header=value=eA== | 'header': | found no name | expected name=NAME,value=BASE64
      POST /config/notifications/endpoints/webhook | name=other&method=post&url=https://chat.example&body=%% | 'body': | found a value that is not base64 | base64 of a text
      POST /config/notifications/endpoints/webhook | name=other&method=post&url=https://chat.example&body=e3sgY29sb3VyIH19 | 'body': | found '{{ colour }}' | expected title, message, severity
      POST /config/notifications/endpoints/webhook | name=other&method=post&url=https://chat.example&secret=value=eA== | 'secret': | found no name | expected name=NAME,value=BASE64
      PUT /config/notifications/endpoints/webhook/hook | url=chat.example | 'url': | begins with 'chat.example' | http:// or https://
      PUT /config/notifications/endpoints/webhook/hook | header=name=a b,value=eA== | 'header': | the name 'a b' | that of an HTTP header
      PUT /config/notifications/endpoints/webhook/hook | body=%% | 'body': | found a value that is not base64 | base64 of a text
      PUT /config/notifications/endpoints/webhook/hook | secret=name=key,value=%% | 'secret': | a value that is not base64 | name=NAME,value=BASE64
      POST /config/notifications/matchers | name=other&match-field=type | 'match-field': | found match-field 'type' | exact:FIELD=VALUE
      POST /config/notifications/matchers | name=other&match-field=like:type=x | 'match-field': | 'like:type=x' | to begin with exact: or regex:
      POST /config/notifications/matchers | name=other&match-field=regex:type=( | 'match-field': | found '(' | regex:FIELD=PATTERN
      POST /config/notifications/matchers | name=other&match-severity=info,loud | 'match-severity': | found severity 'loud' | expected one of info, notice, warning, error, unknown
      POST /config/notifications/matchers | name=other&match-calendar=8:00-25:00 | 'match-calendar': | found '8:00-25:00' | such as '8:00-16:30'
      POST /config/notifications/matchers | name=other&match-calendar=16-8 | 'match-calendar': | found '16-8' | such as '8:00-16:30'
      POST /config/notifications/matchers | name=other&target=nobody | target | 'nobody' | there is none
      PUT /config/notifications/matchers/all | match-field=type | 'match-field': | found match-field 'type' | exact:FIELD=VALUE
      PUT /config/notifications/matchers/all | match-severity=loud | 'match-severity': | found severity 'loud' | expected one of info
      PUT /config/notifications/matchers/all | match-calendar=16-8 | 'match-calendar': | found '16-8' | such as '8:00-16:30'
      POST /config/metrics/influxdb-http | name=other&url=http://% | url | 'http://%' | expected http://HOST[:PORT]
      POST /config/metrics/influxdb-udp | name=other&host=graphs.example:0 | host | 'graphs.example:0' | a port from 1 to 65535
      POST /config/metrics/influxdb-udp | name=other&host=graphs.example:99999 | host | 'graphs.example:99999' | a port from 1 to 65535
      PUT /config/metrics/influxdb-udp/graphs | host=graphs.example:0 | host | 'graphs.example:0' | a port from 1 to 65535
      PUT /config/metrics/influxdb-http/charts | url=http://% | url | 'http://%' | expected http://HOST[:PORT]
      """;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = ROWS)
  void whatOnlyAParserKnows(
      String call,
      @Nullable String pairs,
      @Nullable String field,
      @Nullable String found,
      @Nullable String allowed) {
    Map<String, String> before = state();
    HttpResponse<String> answer = send(call, pairs == null ? object() : body(pairs), false);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body().lines()).hasSize(1);
    assertThat(answer.body())
        .contains(Stream.of(field, found, allowed).map(part -> part == null ? "" : part).toList());
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void noParameterWithAGrammarIsWithoutARow() throws IOException {
    Set<String> rows = new TreeSet<>();
    for (String row : ROWS.split("\n", -1)) {
      String[] columns = row.split("\\|", -1);
      if (columns.length > 2) {
        for (String pair : columns[1].strip().split("&", -1)) {
          rows.add(columns[0].strip() + " " + pair.split("=", 2)[0]);
        }
      }
    }
    Set<String> missing = new TreeSet<>();
    Set<String> unjudged = new TreeSet<>();
    parameters(
        (call, operation) ->
            eachParameter(
                operation,
                (name, schema) -> {
                  JsonNode item = schema.has("items") ? schema.path("items") : schema;
                  String of = call.replace("{store}", "main");
                  if (item.has("description")) {
                    boolean covered =
                        rows.stream()
                            .anyMatch(
                                row ->
                                    row.endsWith(" " + name)
                                        && row.matches(
                                            of.replaceAll("\\{[^}]*}", "[^ ]+") + " [a-z-]+"));
                    if (!covered) {
                      missing.add(of + " " + name);
                    }
                  } else if (isAnyText(item)
                      && !FREE.contains(name)
                      && !REFUSED_LATER.contains(name)) {
                    unjudged.add(of + " " + name);
                  }
                }));
    assertThat(missing).isEmpty();
    assertThat(unjudged).isEmpty();
  }

  /** Of one line, or of several. */
  private static boolean isAnyText(JsonNode schema) {
    String pattern = schema.path("pattern").asText("");
    return schema.path("type").asText().equals("string")
        && !schema.has("enum")
        && (pattern.isEmpty() || "any text with blanks".matches(pattern));
  }
}
