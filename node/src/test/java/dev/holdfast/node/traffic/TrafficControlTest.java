package dev.holdfast.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: backups leave others room on the line, because what a rule allows is all that its peers
 * get together; and a rule that is gone holds nobody back. Real transfers take at least the time
 * that their rate allows; how much longer is the machine's affair.
 */
final class TrafficControlTest {
  private static final int BODY_BYTES = 400_000;
  private static final String RULE = "/config/traffic-control/loopback";

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

  private void limit(String direction, String rate) {
    ObjectNode rule = object().put("name", "loopback").put(direction, rate);
    rule.putArray("network").add("127.0.0.0/8");
    var unused = node.admin().post("/config/traffic-control", rule);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** How long a login that brings a long name takes; it is read whole, and refused. */
  private Duration upload() throws IOException {
    long began = System.nanoTime();
    try (RawTls tls = RawTls.connect(node.address().port())) {
      PlainRequest.Answer answer =
          new PlainRequest("POST /api2/json/access/ticket")
              .form("username", "x".repeat(BODY_BYTES))
              .on(tls);
      assertThat(answer.status()).isEqualTo(400);
    }
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private CompletableFuture<Duration> uploadBeside() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return upload();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private Duration download() throws IOException {
    long began = System.nanoTime();
    PlainRequest.Answer answer =
        new PlainRequest("GET /api2/openapi.json").send(node.address().port());
    assertThat(answer.body().length()).isGreaterThan(100_000);
    return Duration.ofNanos(System.nanoTime() - began);
  }

  @Test
  void whatComesInTakesTheTimeThatItsRateAllows() throws IOException {
    limit("rate-in", "200KB");
    assertThat(upload()).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void whatGoesOutTakesTheTimeThatItsRateAllows() throws IOException {
    limit("rate-out", "50KB");
    assertThat(download()).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void allConnectionsOfARuleShareItsRate() throws IOException {
    limit("rate-in", "400KB");
    CompletableFuture<Duration> other = uploadBeside();
    Duration one = upload();
    Duration longer = one.compareTo(other.join()) > 0 ? one : other.join();
    assertThat(longer).isGreaterThan(Duration.ofSeconds(1)); // each alone needs half of it
  }

  @Test
  void ruleThatIsRemovedLetsOpenConnectionsGo() throws IOException {
    limit("rate-in", "5KB"); // 80 s
    CompletableFuture<Duration> slow = uploadBeside();
    node.admin().delete(RULE, Map.of());
    assertThat(slow.join()).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void rulesAreListedAsTheyWereGivenWithTheirRates() {
    limit("rate-in", "1.5 MiB");
    var rule = node.admin().get("/admin/traffic-control").path(0);
    assertThat(rule.path("rate-in").asText()).isEqualTo("1.5 MiB");
    assertThat(rule.path("cur-rate-in").isIntegralNumber()).isTrue();
    var unused = node.admin().put(RULE, object().put("comment", "for tests"));
    assertThat(node.admin().get(RULE).path("comment").asText()).isEqualTo("for tests");
    assertThatThrownBy(() -> node.admin().put(RULE, object().put("rate-in", "0")))
        .hasMessageContaining("'rate-in' of 'loopback' is 0");
  }
}
