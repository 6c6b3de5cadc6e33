package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Authenticator;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: nobody comes in with a credential that is wrong, old or made for another place, each
 * hears one clear text, and none of it keeps others out. Answers of 401 take three seconds, so they
 * are asked for at the same time.
 */
final class RefusedLoginTest {
  private static final SnapshotId SNAPSHOT = SnapshotId.parse("host/web/2024-06-05T10:00:00Z");
  private static final Namespace ALLOWED = Namespace.parse("lyon");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @BeforeEach
  void start() throws IOException {
    started = Optional.of(TestNode.start(strict, directory));
    var unused =
        node().admin().post("/admin/datastore/main/namespace", TestNode.json("name", "lyon"));
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  private TestNode node() {
    return started.orElseThrow();
  }

  /** Status and body of the answer, {@code 401 text}. */
  private String ask(PlainRequest request) throws IOException {
    PlainRequest.Answer answer = request.send(node().address().port());
    return answer.status() + " " + answer.body();
  }

  private static PlainRequest lookAround() {
    return new PlainRequest("GET /api2/json/admin/datastore");
  }

  private static PlainRequest logIn(String user) {
    String target = "/api2/json/access/ticket?username=" + user + "&password=wrong";
    return new PlainRequest("POST " + target);
  }

  private static PlainRequest backUp() {
    return new PlainRequest("GET " + SessionProbe.target(ALLOWED, SNAPSHOT))
        .header("Upgrade", "proxmox-backup-protocol-v1")
        .header("Connection", "upgrade");
  }

  private Authenticator.Login loginOf(AuthId user, Secret password, Instant time) {
    StateDirectory state =
        StateDirectory.open(new LocalFiles(), node().state(), new SecureRandom());
    return AccessState.open(state, InstantSource.fixed(time)).authenticator().login(user, password);
  }

  @Test
  void wrongCredentialsAreRefusedAfterThreeSecondsEachWithItsText() throws Exception {
    Credential.Password user = node().user("alice@pbs", "secret of alice");
    Credential.Token token = node().token(user.user(), "laptop");
    Instant now = Instant.now();
    Duration ticketLife = Duration.ofHours(2);
    var old = loginOf(user.user(), user.password(), now.minus(ticketLife).minusSeconds(60));
    var early = loginOf(user.user(), user.password(), now.plusSeconds(600));
    var good = loginOf(user.user(), user.password(), now);
    String wrongToken = "PBSAPIToken=" + token.id() + ":not-the-secret";
    List<Callable<String>> questions =
        List.of(
            () -> ask(lookAround().header("Cookie", cookie(old.ticket()))),
            () -> ask(lookAround().header("Cookie", cookie(early.ticket()))),
            () -> ask(lookAround().header("Cookie", cookie(damaged(good.ticket())))),
            () -> ask(logIn("alice@pbs")),
            () -> ask(logIn("nobody@pbs")),
            () -> ask(lookAround().header("Authorization", wrongToken)),
            () -> ask(backUp().header("Authorization", wrongToken)),
            () -> ask(backUp().header("Cookie", cookie(old.ticket()))),
            () -> ask(backUp()));
    long began = System.nanoTime();
    List<String> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (Future<String> answer : threads.invokeAll(questions)) {
        answers.add(answer.get());
      }
    }
    assertThat(answers)
        .containsExactly(
            "401 authentication failed - invalid ticket - expired",
            "401 authentication failed - invalid ticket - timestamp newer than expected",
            "401 authentication failed - ticket with invalid signature",
            "401 permission check failed.",
            "401 permission check failed.",
            "401 authentication failed - invalid credentials",
            "401 authentication failed - invalid credentials",
            "401 authentication failed - invalid ticket - expired",
            "401 authentication failed - no authentication credentials provided.");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(3));
    assertThat(ask(lookAround().header("Cookie", cookie(good.ticket())))).startsWith("200 ");
  }

  private static String cookie(String ticket) {
    return "PBSAuthCookie=" + ticket;
  }

  /** With another first letter of the signature. */
  private static String damaged(String ticket) {
    int at = ticket.indexOf("::") + 2;
    char other = ticket.charAt(at) == 'A' ? 'B' : 'A';
    return ticket.substring(0, at) + other + ticket.substring(at + 1);
  }

  @Test
  void tokenOfOneNamespaceCannotWriteToAnother() {
    Credential.Token token = node().token("bob", "/datastore/main/lyon", "DatastoreBackup");
    Namespace other = Namespace.ROOT;
    refused(
        () -> backup(token, other),
        Kind.PERMISSION,
        "missing permissions 'Datastore.Backup' on '/datastore/main'");
    refused(
        () -> backup(token, Namespace.parse("paris")),
        Kind.PERMISSION,
        "missing permissions 'Datastore.Backup' on '/datastore/main/paris'");
    assertThat(directory.resolve("main/host")).doesNotExist();
    backup(token, ALLOWED);
    assertThat(directory.resolve("main/ns/lyon/" + SNAPSHOT + "/index.json.blob")).exists();
  }

  @Test
  void tokenThatMayOnlyReadCannotWrite() {
    Credential.Token token = node().token("eve", "/datastore/main", "DatastoreReader");
    refused(
        () -> backup(token, ALLOWED),
        Kind.PERMISSION,
        "missing permissions 'Datastore.Backup' on '/datastore/main/lyon'");
  }

  @Test
  void groupOfAnotherOwnerIsRefused() {
    Credential.Token bob = node().token("bob", "/datastore/main", "DatastoreBackup");
    Credential.Token eve = node().token("eve", "/datastore/main", "DatastoreBackup");
    backup(bob, ALLOWED);
    SnapshotId next = SNAPSHOT.group().at(SNAPSHOT.time() + 60);
    refused(
        () -> SmallUpload.run(node().client(eve), TestNode.STORE, ALLOWED, next, 2),
        Kind.INVALID_INPUT,
        "backup owner check failed (" + eve.id() + " != " + bob.id() + ")");
    SmallUpload.run(node().client(bob), TestNode.STORE, ALLOWED, next, 2);
  }

  private void backup(Credential credential, Namespace namespace) {
    SmallUpload.run(node().client(credential), TestNode.STORE, namespace, SNAPSHOT, 1);
  }

  private static void refused(ThrowingCallable call, Kind kind, String text) {
    assertThat(catchThrowable(call))
        .isInstanceOfSatisfying(
            BackupException.class,
            refusal -> {
              assertThat(refusal.text()).isEqualTo(text);
              assertThat(refusal.kind()).isEqualTo(kind);
            });
  }
}
