package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.meshconfig.HostAndPort;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: any file manager reads a snapshot, and nobody else on the machine does; nothing of this
 * machine is shown, and nothing can be changed.
 */
final class WebDavTest {
  private static final long SEED = 5;
  private static final int TIMEOUT_SECONDS = 60;
  private static final Secret PASSWORD = new Secret("secret-of-this-test");
  private static final String LARGE = "sub/large";

  @TempDir Path directory = Path.of("");

  private final HttpClient client = HttpClient.newHttpClient();
  private final byte[] large = new byte[3 << 20];
  private final AtomicLong bytesRead = new AtomicLong();
  private final Queue<String> problems = new ConcurrentLinkedQueue<>();
  private volatile long brokenFrom = Long.MAX_VALUE;

  @SuppressWarnings("NullAway.Init") // before each test
  private WebDavServer server;

  @SuppressWarnings("NullAway.Init") // before each test
  private ArchiveTree shown;

  @BeforeEach
  void serve() throws IOException {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("sub/empty"));
    Files.createDirectories(tree.resolve("WEB-INF/lib"));
    Files.writeString(tree.resolve("WEB-INF/web.xml"), "not for the server");
    new Random(SEED).nextBytes(large);
    Files.write(tree.resolve(LARGE), large);
    Files.writeString(tree.resolve("page.html"), "<script>1</script>");
    Files.writeString(tree.resolve("ünï 100%.txt"), "percent");
    Files.writeString(tree.resolve("a#b?c&d;e+f"), "signs");
    Files.writeString(tree.resolve("back\\slash"), "one name");
    Files.writeString(tree.resolve("%5C%25"), "no escapes");
    Files.writeString(directory.resolve("outside"), "of this machine");
    link(tree, "to-file", "sub/large");
    link(tree, "sub/up", "../page.html");
    link(tree, "absolute", "/page.html");
    link(tree, "through", "dir/large");
    link(tree, "dir", "sub");
    link(tree, "out", directory.resolve("outside").toString());
    link(tree, "out-by-dots", "../outside");
    link(tree, "circle", "circle");
    link(tree, "nowhere", "nobody");
    Files.createLink(tree.resolve("again"), tree.resolve(LARGE));
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    TreeBackup.write(tree, archive, TreeListener.NONE);
    shown = new ArchiveTree(PxarAccessor.open(counted(ByteSource.of(archive.toByteArray())), "t"));
    server =
        WebDavServer.start(
            new HostAndPort("127.0.0.1", 0), PASSWORD, "t.pxar", shown, problems::add);
  }

  private static void link(Path tree, String name, String target) throws IOException {
    Files.createSymbolicLink(tree.resolve(name), Path.of(target));
  }

  private ByteSource counted(ByteSource archive) {
    return new ByteSource() {
      @Override
      public long bytes() {
        return archive.bytes();
      }

      @Override
      public int read(long position, byte[] target, int offset, int length) throws IOException {
        if (position >= brokenFrom) {
          throw new IOException("the node is gone");
        }
        int got = archive.read(position, target, offset, length);
        bytesRead.addAndGet(Math.max(got, 0));
        return got;
      }
    };
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    client.close();
  }

  private HttpResponse<byte[]> call(String method, String path, String... headers)
      throws IOException, InterruptedException {
    return send(
        request(method, path, headers).header("Authorization", basic(PASSWORD.reveal())).build());
  }

  private HttpRequest.Builder request(String method, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.uri() + path))
            .method(method, BodyPublishers.noBody());
    return headers.length == 0 ? request : request.headers(headers);
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, BodyHandlers.ofByteArray());
  }

  private static String basic(String password) {
    byte[] pair = (WebDavServer.USER + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private String propfind(String path, String depth) throws Exception {
    HttpResponse<byte[]> response = call("PROPFIND", path, "Depth", depth);
    assertThat(response.statusCode()).isEqualTo(207);
    return text(response);
  }

  @Test
  void nothingIsAnsweredWithoutThePassword() throws Exception {
    for (String method : List.of("GET", "HEAD", "OPTIONS", "PROPFIND", "PUT", "NONSENSE")) {
      for (String path : List.of("", LARGE, "nobody", "../", "../..;/t.pxar/page.html")) {
        HttpResponse<byte[]> none = send(request(method, path).build());
        assertThat(none.statusCode()).as(method + " " + path).isIn(401, 400);
        assertThat(text(none)).doesNotContain("script", "large");
      }
    }
    HttpRequest wrong = request("GET", LARGE).header("Authorization", basic("x")).build();
    assertThat(send(wrong).statusCode()).isEqualTo(401);
    assertThat(bytesRead.get()).isLessThan(large.length);
  }

  @Test
  void directoriesAreListed() throws Exception {
    String top = propfind("", "1");
    assertThat(top)
        .contains("<D:href>/t.pxar/</D:href>", "<D:href>/t.pxar/sub/</D:href>")
        .contains("/t.pxar/%C3%BCn%C3%AF%20100%25.txt<")
        .contains("/t.pxar/back%5Cslash<", "/t.pxar/%255C%2525<")
        .contains("/t.pxar/to-file<", "/t.pxar/again<", "/t.pxar/absolute<", "/t.pxar/through<")
        .contains("<D:getcontentlength>" + large.length + "<", "/t.pxar/WEB-INF/<")
        .doesNotContain("/out", "/circle", "/nowhere", "/t.pxar/dir", "/t.pxar/sub/large");
    assertThat(propfind("", "0")).contains("<D:collection/>").doesNotContain("page.html");
    assertThat(propfind("sub/", "1")).contains("/sub/large<", "/sub/empty/<", "/sub/up<");
    assertThat(propfind("sub/empty", "1")).doesNotContain("large");
    assertThat(propfind("../", "1")).contains("<D:href>/t.pxar/</D:href>");
    assertThat(text(call("GET", "sub/"))).contains("large");
    assertThat(call("PROPFIND", "", "Depth", "infinity").statusCode()).isEqualTo(403);
    assertThat(call("PROPFIND", "").statusCode()).isEqualTo(403);
    assertThat(call("PROPFIND", "nobody", "Depth", "0").statusCode()).isEqualTo(404);
  }

  @Test
  void filesAreRead() throws Exception {
    for (String path : List.of(LARGE, "again", "to-file", "through")) {
      assertThat(call("GET", path).body()).as(path).isEqualTo(large);
    }
    assertThat(text(call("GET", "%C3%BCn%C3%AF%20100%25.txt"))).isEqualTo("percent");
    assertThat(text(call("GET", "a%23b%3Fc%26d%3Be+f"))).isEqualTo("signs");
    assertThat(text(call("GET", "back%5Cslash"))).isEqualTo("one name");
    assertThat(text(call("GET", "back%5cslash"))).isEqualTo("one name");
    assertThat(text(call("GET", "%255C%2525"))).isEqualTo("no escapes");
    assertThat(text(call("GET", "WEB-INF/web.xml"))).isEqualTo("not for the server");
    assertThat(text(call("GET", "sub/up"))).startsWith("<script>");
    HttpResponse<byte[]> head = call("HEAD", LARGE);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(large.length);
    assertThat(head.headers().firstValue("Last-Modified")).isPresent();
    assertThat(problems).isEmpty();
  }

  @Test
  void partOfAFileIsReadWithoutTheRest() throws Exception {
    int start = 2 << 20;
    HttpResponse<byte[]> part = call("GET", LARGE, "Range", "bytes=" + start + "-" + (start + 9));
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(large, start, start + 10));
    assertThat(call("GET", LARGE, "Range", "bytes=-3").body())
        .isEqualTo(Arrays.copyOfRange(large, large.length - 3, large.length));
    assertThat(call("GET", LARGE, "Range", "bytes=9999999-").statusCode()).isEqualTo(416);
    assertThat(bytesRead.get()).isLessThan(large.length / 2);
  }

  @Test
  void linksLeadToNothingOutsideOfTheArchive() throws Exception {
    for (String path :
        List.of("out", "out-by-dots", "circle", "nowhere", "../outside", "..%2Foutside")) {
      assertThat(call("GET", path).statusCode()).as(path).isIn(400, 404);
    }
  }

  @Test
  void nothingCanBeChanged() throws Exception {
    for (String method :
        List.of("PUT", "DELETE", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK", "PROPPATCH", "POST")) {
      for (String path : List.of(LARGE, "new", "../new")) {
        HttpResponse<byte[]> refused =
            call(method, path, "Destination", server.uri() + "elsewhere");
        assertThat(refused.statusCode()).as(method + " " + path).isEqualTo(405);
        assertThat(refused.headers().firstValue("Allow")).hasValue("OPTIONS, GET, HEAD, PROPFIND");
      }
    }
    HttpResponse<byte[]> options = call("OPTIONS", "");
    assertThat(options.headers().firstValue("DAV")).hasValue("1");
    assertThat(options.headers().firstValue("Allow")).hasValue("OPTIONS, GET, HEAD, PROPFIND");
  }

  @Test
  void savedPagesDoNotRunInTheNameOfTheServer() throws Exception {
    HttpResponse<byte[]> page = call("GET", "page.html");
    assertThat(page.headers().firstValue("Content-Security-Policy")).hasValue("sandbox");
    assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
  }

  @Test
  void whatCannotBeReadIsSaidAndNotTakenForMissing() throws Exception {
    assertThat(propfind("", "0")).contains("/t.pxar/");
    brokenFrom = 0;
    assertThat(call("GET", LARGE).statusCode()).isEqualTo(500);
    assertThat(problems).singleElement().asString().contains(LARGE, "the node is gone");
  }

  @Test
  void fileThatCannotBeReadToItsEndIsNotTakenForWhole() throws Exception {
    assertThat(call("HEAD", LARGE).statusCode())
        .isEqualTo(200); // from now on it is known where it is
    brokenFrom = large.length / 2;
    assertThatThrownBy(() -> call("GET", LARGE)).isInstanceOf(IOException.class);
    brokenFrom = Long.MAX_VALUE;
    assertThat(call("GET", LARGE).body()).isEqualTo(large);
  }

  @Test
  void othersCannotReachIt() {
    assertThatThrownBy(
            () ->
                WebDavServer.start(
                    new HostAndPort("0.0.0.0", 0), PASSWORD, "t.pxar", shown, problems::add))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("not a loopback address");
  }

  @Test
  void commandPrintsWhereAndForWhom() throws Exception {
    try (CommandNode node = new CommandNode(directory)) {
      node.mustWork("backup", "t.pxar:" + directory.resolve("tree"), "--backup-id", "w");
      CompletableFuture<String> said = new CompletableFuture<>();
      CompletableFuture<Integer> code = new CompletableFuture<>();
      PrintStream out =
          new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
              said.complete(line);
            }
          };
      Terminal terminal =
          new Terminal(
              InputStream.nullInputStream(),
              out,
              new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
              node.environment(),
              false,
              new Interruption(false));
      Path secret = directory.resolve("password-of-mount");
      String[] arguments = {
        "mount", "host/w", "t.pxar", "--webdav", "--password-file", secret.toString()
      };
      Thread command =
          Thread.ofPlatform().start(() -> code.complete(Main.run(terminal, arguments)));
      String line = said.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      String uri = line.replaceFirst(".* is at ", "").replaceFirst(" for .*", "");
      HttpRequest get =
          HttpRequest.newBuilder(URI.create(uri + LARGE))
              .header("Authorization", basic(Files.readString(secret).strip()))
              .build();
      assertThat(send(get).body()).isEqualTo(large);
      command.interrupt();
      assertThat(code.get(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isZero();
    }
  }
}
