package dev.holdfast.replication.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.wire.BodyMemory;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireConnection;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireHandler;
import dev.holdfast.replication.wire.WireServer;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A server of the backup and reader protocols in memory, with one snapshot, and of some REST calls:
 * strict about the rules that the session side of a client must keep (only known chunks appended,
 * start offsets without gaps, totals and checksum), and lax about the rest. What came in is
 * recorded; answers can be replaced.
 */
public final class MemoryPeer implements AutoCloseable {
  public static final String USER = "user@pbs";
  public static final String PASSWORD = "pass word%";
  public static final String TOKEN = "user@pbs!sync";
  public static final String SECRET = "11111111-2222";

  private static final int BODY_BYTES_MAX = 32 << 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpServer server;
  private final TlsIdentity identity;

  /** Chunks by digest, encoded. */
  public final Map<Digest, byte[]> chunks = new ConcurrentHashMap<>();

  /** Stored files by name: blobs as sent, indexes as files. */
  public final Map<String, byte[]> files = new ConcurrentHashMap<>();

  /** What {@code previous} gives. */
  public final Map<String, byte[]> previous = new ConcurrentHashMap<>();

  /** Digests of each index closed, by archive name. */
  public final Map<String, List<Digest>> closed = new ConcurrentHashMap<>();

  /** Requests in order: {@code METHOD path} of sessions and REST. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  /** Query strings of upgrades and REST calls, in order. */
  public final List<String> queries = new CopyOnWriteArrayList<>();

  /** Entries of each append, in order. */
  public final List<Integer> appends = new CopyOnWriteArrayList<>();

  /** An error answer instead of a session request's work: the text of a 400, or null. */
  public volatile Function<WireExchange, @Nullable String> refuse = exchange -> null;

  /** Tickets that count. */
  public final Set<String> tickets = ConcurrentHashMap.newKeySet();

  public MemoryPeer(Vertx vertx) {
    identity = TlsIdentity.generate("memory.test", List.of(), Instant.now(), new SecureRandom());
    HttpServerOptions options =
        WireServer.options(identity, TlsEngine.choose()).setHost("127.0.0.1").setPort(0);
    server = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(server, options);
    server.requestHandler(this::rest);
    StrictVertx.await(server.listen());
  }

  public HostAndPort address() {
    return new HostAndPort("127.0.0.1", server.actualPort());
  }

  public PinnedTrust trust() {
    return PinnedTrust.of(identity.fingerprint());
  }

  @Override
  public void close() {
    StrictVertx.await(server.close());
  }

  private void rest(HttpServerRequest request) {
    requests.add(request.method() + " " + request.path());
    queries.add(String.valueOf(request.query()));
    if (request.path().endsWith("/access/ticket")) {
      request.body().onSuccess(body -> ticket(request, body));
      return;
    }
    if (!authenticated(request)) {
      request.response().setStatusCode(401).end("authentication failed - invalid credentials");
      return;
    }
    switch (request.path()) {
      case "/api2/json/backup" -> upgrade(request, new Backup());
      case "/api2/json/reader" -> upgrade(request, new Reader());
      case "/api2/json/echo" ->
          request
              .body()
              .onSuccess(
                  body ->
                      request
                          .response()
                          .end(
                              "{\"data\":{\"method\":\""
                                  + request.method()
                                  + "\",\"query\":\""
                                  + (request.query() == null ? "" : request.query())
                                  + "\",\"type\":\""
                                  + request.getHeader("Content-Type")
                                  + "\",\"body\":"
                                  + (body.length() == 0 ? "null" : body.toString())
                                  + "},\"total\":7}"));
      case "/api2/json/nodata" -> request.response().end("{}");
      case "/api2/json/nojson" -> request.response().end("<html>");
      case "/api2/json/forbidden" ->
          request.response().setStatusCode(403).end("permission check failed");
      default ->
          request.response().setStatusCode(404).end("Path '" + request.path() + "' not found.");
    }
  }

  private void ticket(HttpServerRequest request, Buffer body) {
    JsonNode form = read(body.getBytes());
    String password = form.path("password").asText();
    boolean good =
        USER.equals(form.path("username").asText())
            && (PASSWORD.equals(password) || tickets.contains(password));
    if (!good) {
      request.response().setStatusCode(401).end("permission check failed.");
      return;
    }
    // With characters that have to be escaped in a cookie.
    String ticket = "PBS:user%3A@pbs:" + (tickets.size() + 1) + "::a+b/c;d";
    tickets.add(ticket);
    request
        .response()
        .end(
            "{\"data\":{\"username\":\""
                + USER
                + "\",\"ticket\":\""
                + ticket
                + "\",\"CSRFPreventionToken\":\"csrf\"}}");
  }

  private boolean authenticated(HttpServerRequest request) {
    String authorization = request.getHeader("Authorization");
    if (authorization != null) {
      return authorization.equals("PBSAPIToken=" + TOKEN + ":" + SECRET)
          || authorization.equals("HoldfastLocal local-secret");
    }
    String cookie = request.getHeader("Cookie");
    return cookie != null
        && cookie.startsWith("PBSAuthCookie=")
        && "csrf".equals(request.getHeader("CSRFPreventionToken"))
        && tickets.contains(
            URLDecoder.decode(
                cookie.substring("PBSAuthCookie=".length()).replace("+", "%2B"),
                StandardCharsets.UTF_8));
  }

  private void upgrade(HttpServerRequest request, WireHandler handler) {
    String protocol = String.valueOf(request.getHeader("Upgrade"));
    var unused =
        WireServer.upgrade(
            request, protocol, WireSettings.DEFAULT, BodyMemory.unlimited(), handler);
  }

  private static JsonNode read(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What both sessions share: recording, refusing, answering. All on the connection's event loop.
   */
  private abstract class Session implements WireHandler {
    @Override
    public void opened(WireConnection connection) {}

    @Override
    public void closed(@Nullable Throwable cause) {}

    @Override
    public void request(WireExchange exchange) {
      requests.add(exchange.method() + " " + exchange.path());
      String refusal = refuse.apply(exchange);
      exchange
          .body(0, BODY_BYTES_MAX)
          .onSuccess(
              body -> {
                try {
                  if (refusal != null) {
                    throw BackupException.invalid(refusal);
                  }
                  handle(exchange, query(exchange.query()), body.bytes());
                } catch (BackupException e) {
                  exchange.answer(
                      e.kind() == BackupException.Kind.NOT_FOUND ? 404 : 400,
                      "application/json;charset=UTF-8",
                      e.text().getBytes(StandardCharsets.UTF_8));
                }
              });
    }

    abstract void handle(WireExchange exchange, Map<String, String> query, byte[] body);

    void data(WireExchange exchange, String json) {
      exchange.answer(
          200,
          "application/json;charset=UTF-8",
          ("{\"data\":" + json + "}").getBytes(StandardCharsets.UTF_8));
    }

    void file(WireExchange exchange, byte @Nullable [] bytes) {
      if (bytes == null) {
        throw BackupException.notFound("open file \"" + exchange.query() + "\" failed - not found");
      }
      exchange.answer(200, "application/octet-stream", bytes.clone());
    }

    String required(Map<String, String> query, String name) {
      String value = query.get(name);
      if (value == null) {
        throw BackupException.invalid("parameter verification failed - '" + name + "': missing");
      }
      return value;
    }
  }

  private static Map<String, String> query(String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }

  private static final class Writer {
    final String name;
    final boolean fixed;
    final List<Digest> digests = new ArrayList<>();
    final MessageDigest checksum = Digest.sha256();
    long offset;

    Writer(String name, boolean fixed) {
      this.name = name;
      this.fixed = fixed;
    }

    void append(Digest digest, long start, int bytes) {
      if (start != offset) {
        throw BackupException.invalid("got strange chunk offset (" + offset + " != " + start + ")");
      }
      offset += bytes;
      if (!fixed) {
        checksum.update(
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(offset).array());
      }
      checksum.update(digest.bytes());
      digests.add(digest);
    }
  }

  private final class Backup extends Session {
    private final Map<Digest, Integer> known = new HashMap<>();
    private final Map<Integer, Writer> writers = new HashMap<>();
    private int lastWriter;

    @Override
    void handle(WireExchange exchange, Map<String, String> query, byte[] body) {
      switch (exchange.method() + " " + exchange.path()) {
        case "GET /previous_backup_time" ->
            data(exchange, previous.isEmpty() ? "null" : "1700000000");
        case "GET /previous" -> previous(exchange, required(query, "archive-name"));
        case "POST /blob" -> {
          requireSize(query, body);
          files.put(required(query, "file-name"), body);
          data(exchange, "null");
        }
        case "POST /dynamic_index", "POST /fixed_index" -> {
          boolean fixed = exchange.path().startsWith("/fixed");
          writers.put(++lastWriter, new Writer(required(query, "archive-name"), fixed));
          data(exchange, Integer.toString(lastWriter));
        }
        case "POST /dynamic_chunk", "POST /fixed_chunk" -> chunk(exchange, query, body);
        case "PUT /dynamic_index", "PUT /fixed_index" -> append(exchange, read(body));
        case "POST /dynamic_close", "POST /fixed_close" -> close(exchange, query);
        case "POST /finish" -> data(exchange, "null");
        default -> throw BackupException.notFound("Path '" + exchange.path() + "' not found.");
      }
    }

    private void previous(WireExchange exchange, String name) {
      byte[] bytes = previous.get(name);
      if (bytes == null) {
        throw BackupException.invalid("no valid previous backup");
      }
      if (name.endsWith(".didx")) {
        long start = 0;
        ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(4096);
        while (entries.hasRemaining()) {
          long end = entries.getLong();
          known.put(Digest.read(entries), (int) (end - start));
          start = end;
        }
      }
      file(exchange, bytes);
    }

    private void requireSize(Map<String, String> query, byte[] body) {
      if (Integer.parseInt(required(query, "encoded-size")) != body.length) {
        throw BackupException.invalid("uploaded chunk has unexpected size.");
      }
    }

    private void chunk(WireExchange exchange, Map<String, String> query, byte[] body) {
      requireSize(query, body);
      Digest digest = Digest.parse(required(query, "digest"));
      int plainBytes = Integer.parseInt(required(query, "size"));
      exchangeOnPool(
          () -> ChunkCheck.upload(body, body.length, digest, plainBytes),
          failure -> {
            if (failure != null) {
              exchange.answer(400, null, failure.text().getBytes(StandardCharsets.UTF_8));
              return;
            }
            chunks.put(digest, body);
            known.put(digest, plainBytes);
            data(exchange, "\"" + digest + "\"");
          });
    }

    private void append(WireExchange exchange, JsonNode json) {
      Writer writer = writer(json.path("wid").asInt());
      JsonNode digests = json.path("digest-list");
      JsonNode offsets = json.path("offset-list");
      if (digests.size() != offsets.size()) {
        throw BackupException.invalid("offset list has wrong length");
      }
      appends.add(digests.size());
      for (int i = 0; i < digests.size(); i++) {
        Digest digest = Digest.parse(digests.get(i).asText());
        Integer bytes = known.get(digest);
        if (bytes == null) {
          throw BackupException.invalid("no such chunk " + digest);
        }
        writer.append(digest, offsets.get(i).asLong(), bytes);
      }
      data(exchange, "null");
    }

    private void close(WireExchange exchange, Map<String, String> query) {
      int id = Integer.parseInt(required(query, "wid"));
      Writer writer = writer(id);
      String expected =
          writer.digests.size() + " " + writer.offset + " " + Digest.of(writer.checksum.digest());
      String given =
          required(query, "chunk-count")
              + " "
              + required(query, "size")
              + " "
              + required(query, "csum");
      if (!expected.equals(given)) {
        throw BackupException.invalid("close failed: " + expected + " != " + given);
      }
      writers.remove(id);
      closed.put(writer.name, List.copyOf(writer.digests));
      data(exchange, "null");
    }

    private Writer writer(int id) {
      Writer writer = writers.get(id);
      if (writer == null) {
        throw BackupException.invalid("dynamic writer '" + id + "' not registered");
      }
      return writer;
    }
  }

  private final class Reader extends Session {
    private final Set<Digest> allowed = new HashSet<>();

    @Override
    void handle(WireExchange exchange, Map<String, String> query, byte[] body) {
      switch (exchange.path()) {
        case "/download" -> {
          String name = required(query, "file-name");
          byte[] bytes = files.get(name);
          if (bytes != null && name.endsWith(".didx")) {
            ByteBuffer entries = ByteBuffer.wrap(bytes).position(4096);
            while (entries.hasRemaining()) {
              entries.getLong();
              allowed.add(Digest.read(entries));
            }
          }
          file(exchange, bytes);
        }
        case "/chunk" -> {
          Digest digest = Digest.parse(required(query, "digest"));
          if (!allowed.contains(digest)) {
            exchange.answer(
                401,
                null,
                ("download chunk " + digest + " not allowed").getBytes(StandardCharsets.UTF_8));
            return;
          }
          file(exchange, chunks.get(digest));
        }
        default -> throw BackupException.notFound("Path '" + exchange.path() + "' not found.");
      }
    }
  }

  /** Checks cost milliseconds; not on the loop. */
  private static void exchangeOnPool(
      Runnable work, java.util.function.Consumer<@Nullable BackupException> then) {
    Vertx.currentContext()
        .executeBlocking(
            () -> {
              work.run();
              return true;
            },
            false)
        .onComplete(done -> then.accept(null), failure -> then.accept((BackupException) failure));
  }
}
