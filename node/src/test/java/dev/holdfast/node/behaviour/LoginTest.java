package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: clients log in, and stay so, in each of the forms that they have for it. */
final class LoginTest {
  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;
  private final Credential.Password alice;

  LoginTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
    alice = site.node.user("alice@pbs", "secret of alice");
    site.node.allow(alice.user(), "/datastore", "DatastoreAdmin");
  }

  @AfterEach
  void stop() {
    site.close();
  }

  private PlainRequest.Answer logIn(String password) throws IOException {
    return new PlainRequest("POST /api2/json/access/ticket")
        .form("username=alice%40pbs&password=" + encoded(password))
        .send(site.port());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** A ticket of which some letter is a plus: their signatures follow from their times. */
  private String ticketWithPlus() {
    StateDirectory state =
        StateDirectory.open(new LocalFiles(), site.node.state(), new SecureRandom());
    Instant now = Instant.now();
    for (int age = 0; age < 100; age++) {
      InstantSource then = InstantSource.fixed(now.minusSeconds(age));
      String ticket =
          AccessState.open(state, then)
              .authenticator()
              .login(alice.user(), alice.password())
              .ticket();
      if (ticket.contains("+")) {
        return ticket;
      }
    }
    throw new AssertionError("a hundred tickets without a plus");
  }

  @Test
  @Behaviour(10)
  void aTicketTellsItsTimeAndRenewsItself() throws IOException {
    JsonNode login = Site.data(logIn("secret of alice"));
    String form = "PBS:alice@pbs:[0-9A-F]{8}::[A-Za-z0-9+/]+";
    assertThat(login.path("ticket").textValue()).matches(form);
    assertThat(login.path("username").textValue()).isEqualTo("alice@pbs");
    JsonNode renewed = Site.data(logIn(login.path("ticket").textValue()));
    assertThat(renewed.path("ticket").textValue()).matches(form);
  }

  @Test
  @Behaviour({11, 46})
  void aCookieIsTakenRawAndPercentEncodedAndItsPlusIsAPlus() throws IOException {
    String ticket = ticketWithPlus();
    for (String value : new String[] {ticket, encoded(ticket)}) {
      for (String more : new String[] {"", "; path=/; secure; SameSite=Strict;"}) {
        PlainRequest.Answer answer =
            new PlainRequest("GET /api2/json/version")
                .header("Cookie", "PBSAuthCookie=" + value + more)
                .send(site.port());
        assertThat(answer.status()).as(value + more).isEqualTo(200);
      }
    }
  }

  @Test
  @Behaviour(12)
  void aTicketNeedsTheCsrfTokenToChangeSomethingAndATokenDoesNot() throws IOException {
    JsonNode login = Site.data(logIn("secret of alice"));
    String cookie = "PBSAuthCookie=" + login.path("ticket").textValue();
    String path = "POST /api2/json/admin/datastore/main/namespace";
    PlainRequest.Answer without =
        new PlainRequest(path).header("Cookie", cookie).form("name=csrf").send(site.port());
    assertThat(without.status()).isEqualTo(401);
    assertThat(without.body()).contains("missing CSRF prevention token");
    PlainRequest.Answer with =
        new PlainRequest(path)
            .header("Cookie", cookie)
            .header("CSRFPreventionToken", login.path("CSRFPreventionToken").textValue())
            .form("name=csrf")
            .send(site.port());
    assertThat(with.status()).isEqualTo(200);
    PlainRequest.Answer token =
        site.request("POST", Site.STORE + "/namespace").form("name=token").send(site.port());
    assertThat(token.status()).isEqualTo(200);
  }

  @Test
  @Behaviour(13)
  void aTokenMayStandBehindAnEqualsSignOrABlank() throws IOException {
    String header = SessionProbe.authorization(site.token);
    for (String value : new String[] {header, header.replaceFirst("=", " ")}) {
      PlainRequest.Answer answer =
          new PlainRequest("GET /api2/json/version")
              .header("Authorization", value)
              .send(site.port());
      assertThat(answer.status()).as(value).isEqualTo(200);
    }
  }

  @Test
  @Behaviour(14)
  void aWrongPasswordIsAnsweredLateAndHoldsUpNobody() throws Exception {
    long began = System.nanoTime();
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<PlainRequest.Answer> wrong = thread.submit(() -> logIn("wrong"));
      int others = 0;
      while (!wrong.isDone()) {
        long asked = System.nanoTime();
        assertThat(new PlainRequest("GET /api2/json/ping").send(site.port()).status())
            .isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
        others++;
      }
      assertThat(others).isPositive();
      assertThat(wrong.get().status()).isEqualTo(401);
      assertThat(wrong.get().body()).isEqualTo("permission check failed.");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(7));
  }

  @Test
  @Behaviour(46)
  void aPlusIsABlankInQueriesAndForms() throws IOException {
    SnapshotId snapshot = Site.snapshot("plus", Site.TIME);
    site.backUp(snapshot);
    String path = Site.STORE + "/notes";
    var inQuery =
        site.request("PUT", path + Site.query(snapshot) + "&notes=h%C3%A4+lo").send(site.port());
    assertThat(inQuery.status()).isEqualTo(200);
    assertThat(Site.data(site.get(path + Site.query(snapshot))).textValue()).isEqualTo("hä lo");
    var inForm =
        site.request("PUT", path)
            .form(Site.query(snapshot).substring(1) + "&notes=1+%2B+1")
            .send(site.port());
    assertThat(inForm.status()).isEqualTo(200);
    assertThat(Site.data(site.get(path + Site.query(snapshot))).textValue()).isEqualTo("1 + 1");
  }
}
