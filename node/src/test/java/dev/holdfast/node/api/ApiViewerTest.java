package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who opens the API viewer of a node gets a whole page, from this node alone, and nobody
 * gets another file of the program by its path.
 */
final class ApiViewerTest {
  private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]+)\"");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode node;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start(strict, directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private PlainRequest.Answer get(String path) throws IOException {
    return new PlainRequest("GET " + path).send(node.address().port());
  }

  @Test
  void pageIsThereWithoutLoginUnderEachOfItsNames() throws IOException {
    String page = get("/docs/api-viewer/index.html").body();
    assertThat(page).startsWith("<!doctype html>");
    for (String name : List.of("/docs/api-viewer", "/docs/api-viewer/")) {
      PlainRequest.Answer answer = get(name);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers()).containsEntry("content-type", "text/html;charset=UTF-8");
      assertThat(answer.body()).isEqualTo(page);
    }
  }

  @Test
  void everythingThatThePageNeedsComesFromThisNode() throws IOException {
    List<String> links =
        LINK.matcher(get("/docs/api-viewer/").body())
            .results()
            .map((MatchResult found) -> found.group(1))
            .toList();
    assertThat(links).hasSize(3).allMatch(link -> link.startsWith("/"));
    for (String link : links) {
      assertThat(get(link).status()).as(link).isEqualTo(200);
    }
    assertThat(get("/docs/api-viewer/viewer.js").body()).doesNotContain("http:", "https:");
  }

  @Test
  void noOtherFileOfTheProgramIsServed() throws IOException {
    for (String path :
        List.of(
            "/docs/api-viewer/absent.html",
            "/docs/api-viewer/index.html/index.html",
            "/docs/api-viewer/..%2FApiViewer.class",
            "/docs/api-viewer/%2e%2e/ApiViewer.class",
            "/docs")) {
      assertThat(get(path).status()).as(path).isIn(400, 404);
    }
  }
}
