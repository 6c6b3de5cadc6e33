package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.Authenticator.Credentials;
import dev.holdfast.node.access.Authenticator.Login;
import dev.holdfast.node.access.UserConfig.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: only who proves who he is gets in, and only while his account is active. */
class AuthenticatorTest {
  private static final AuthId USER = AuthId.parse("u@pbs");
  private static final AuthId TOKEN = AuthId.parse("u@pbs!t");

  private final TestClock clock = new TestClock();

  /** A clock that stands still until it is moved. */
  private static final class TestClock implements InstantSource {
    private Instant now = Instant.parse("2026-11-24T12:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    void forward(long seconds) {
      now = now.plusSeconds(seconds);
    }
  }

  private AccessState open(Path parent) {
    AccessState state =
        AccessState.open(
            StateDirectory.open(new LocalFiles(), parent.resolve("state"), new SecureRandom()),
            clock);
    state.control().users().update(c -> c.with(Entry.of(USER)).with(Entry.of(TOKEN)));
    state.authenticator().setPassword(USER, new Secret("password"));
    state.tokens().set(TOKEN.toString(), new Secret("s3cret"));
    return state;
  }

  private static Credentials get(@Nullable String cookie, @Nullable String authorization) {
    return new Credentials("GET", cookie, authorization, null);
  }

  private static void assertRefused(AccessState state, Credentials credentials, String reason) {
    assertThatThrownBy(() -> state.authenticator().authenticate(credentials))
        .isInstanceOf(BackupException.class)
        .hasMessage(reason)
        .extracting(e -> ((BackupException) e).kind())
        .isEqualTo(Kind.UNAUTHENTICATED);
  }

  @Test
  void ticketComesRawOrPercentEncodedAmongOtherPairs(@TempDir Path dir) {
    AccessState state = open(dir);
    Login login = state.authenticator().login(USER, new Secret("password"));
    String encoded = login.ticket().replace(":", "%3A").replace("+", "%2B").replace("/", "%2F");
    for (String cookie :
        new String[] {
          "PBSAuthCookie=" + login.ticket(),
          "a=b; PBSAuthCookie=" + encoded + "; path=/; secure; SameSite=Strict;",
          "secure; PBSAuthCookie=" + login.ticket()
        }) {
      assertThat(state.authenticator().authenticate(get(cookie, null))).isEqualTo(USER);
    }
  }

  @Test
  void writingWithATicketNeedsTheCsrfToken(@TempDir Path dir) {
    AccessState state = open(dir);
    Login login = state.authenticator().login(USER, new Secret("password"));
    String cookie = "PBSAuthCookie=" + login.ticket();
    assertRefused(
        state, new Credentials("POST", cookie, null, null), "missing CSRF prevention token");
    assertThat(
            state
                .authenticator()
                .authenticate(new Credentials("POST", cookie, null, login.csrfToken())))
        .isEqualTo(USER);
  }

  @Test
  void ticketIsRenewedByItselfAndOnlyForItsUser(@TempDir Path dir) {
    AccessState state = open(dir);
    Login login = state.authenticator().login(USER, new Secret("password"));
    clock.forward(3600);
    Login renewed = state.authenticator().login(USER, new Secret(login.ticket()));
    assertThat(renewed.ticket()).isNotEqualTo(login.ticket());
    assertThatThrownBy(() -> state.authenticator().login(AuthId.ROOT, new Secret(login.ticket())))
        .hasMessage("ticket of another user");
    clock.forward(3601);
    assertThatThrownBy(() -> state.authenticator().login(USER, new Secret(login.ticket())))
        .hasMessage("invalid ticket - expired");
  }

  @Test
  void tokenComesWithEqualsSignOrBlank(@TempDir Path dir) {
    AccessState state = open(dir);
    for (int i = 0; i < 2; i++) { // the second time from the cache
      assertThat(state.authenticator().authenticate(get(null, "PBSAPIToken=u@pbs!t:s3cret")))
          .isEqualTo(TOKEN);
      assertThat(state.authenticator().authenticate(get(null, "PBSAPIToken u@pbs!t:s3cre%74")))
          .isEqualTo(TOKEN);
    }
    assertRefused(state, get(null, "PBSAPIToken=u@pbs!t:wrong"), "invalid credentials");
    assertRefused(state, get(null, "PBSAPIToken=u@pbs!t=s3cret"), "invalid token name");
    assertRefused(state, get(null, "PBSAPIToken=u@pbs:s3cret"), "invalid token name");
  }

  @Test
  void changedTokenSecretCountsAtOnce(@TempDir Path dir) {
    AccessState state = open(dir);
    Credentials old = get(null, "PBSAPIToken=u@pbs!t:s3cret");
    assertThat(state.authenticator().authenticate(old)).isEqualTo(TOKEN);
    state.tokens().set(TOKEN.toString(), new Secret("another"));
    assertRefused(state, old, "invalid credentials");
  }

  @Test
  void disabledOrExpiredAccountIsOut(@TempDir Path dir) {
    AccessState state = open(dir);
    Credentials token = get(null, "PBSAPIToken=u@pbs!t:s3cret");
    Login login = state.authenticator().login(USER, new Secret("password"));
    long soon = clock.instant().getEpochSecond() + 10;
    state.control().users().update(c -> c.with(Entry.of(USER).with("expire", Long.toString(soon))));
    assertThat(state.authenticator().authenticate(token)).isEqualTo(TOKEN);
    clock.forward(10);
    assertRefused(state, token, "user account or token disabled or expired.");
    assertRefused(
        state, get("PBSAuthCookie=" + login.ticket(), null), "user account disabled or expired.");
  }

  @Test
  void badCookieIsNotRescuedByATokenHeader(@TempDir Path dir) {
    assertRefused(
        open(dir),
        get("PBSAuthCookie=nonsense", "PBSAPIToken=u@pbs!t:s3cret"),
        "invalid ticket without signature");
  }

  @Test
  void readerOfTheStateDirectoryIsSuperuser(@TempDir Path dir) throws IOException {
    AccessState state = open(dir);
    String secret = Files.readString(dir.resolve("state").resolve("local-secret")).strip();
    assertThat(state.authenticator().authenticate(get(null, "HoldfastLocal " + secret)))
        .isEqualTo(AuthId.ROOT);
    assertRefused(state, get(null, "HoldfastLocal " + secret + "0"), "invalid credentials");
    assertRefused(state, get(null, "HoldfastLocal "), "invalid credentials");
  }

  @Test
  void nothingShownIsNothingKnown(@TempDir Path dir) {
    AccessState state = open(dir);
    assertRefused(state, get(null, null), "no authentication credentials provided.");
    assertRefused(state, get(null, "Basic abc"), "no authentication credentials provided.");
  }

  @Test
  void stateSurvivesARestartAndIsClosedToOthers(@TempDir Path dir) throws IOException {
    AccessState state = open(dir);
    Login login = state.authenticator().login(USER, new Secret("password"));
    AccessState again =
        AccessState.open(
            StateDirectory.open(new LocalFiles(), dir.resolve("state"), new SecureRandom()), clock);
    assertThat(again.authenticator().authenticate(get("PBSAuthCookie=" + login.ticket(), null)))
        .isEqualTo(USER);
    assertThat(again.localSecret()).isEqualTo(state.localSecret());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("state"))))
        .isEqualTo("rwx------");
    try (Stream<Path> files = Files.list(dir.resolve("state"))) {
      assertThat(files.toList())
          .hasSizeGreaterThan(5)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .isEqualTo("rw-------"));
    }
  }

  @Test
  void terminalTicketOpensOneTerminalForWhoMayUseIt(@TempDir Path dir) throws Exception {
    AccessState state = open(dir);
    String path = "/nodes/vm";
    Secret ticket = new Secret(terminalTicket(dir, ":" + USER + path + 5900));
    Authenticator authenticator = state.authenticator();
    assertThatThrownBy(() -> authenticator.checkTerminal(USER, ticket, path, "Sys.Console", 5900))
        .hasMessage("no Sys.Console on /nodes/vm");
    Acl.Entry admin = new Acl.Entry("/", USER.toString(), Role.parse("Admin"), true);
    state.control().acl().update(acl -> acl.with(admin));
    authenticator.checkTerminal(USER, ticket, path, "Sys.Console", 5900);

    Secret login = new Secret(authenticator.login(USER, new Secret("password")).ticket());
    for (Runnable other :
        List.<Runnable>of(
            () -> authenticator.checkTerminal(USER, ticket, path, "Sys.Console", 5901),
            () -> authenticator.checkTerminal(USER, ticket, "/nodes", "Sys.Console", 5900),
            () -> authenticator.checkTerminal(USER, ticket, path, "Sys.Nonsense", 5900),
            () -> authenticator.checkTerminal(TOKEN, ticket, path, "Sys.Console", 5900),
            () -> authenticator.checkTerminal(USER, login, path, "Sys.Console", 5900))) {
      assertThatThrownBy(other::run)
          .extracting(e -> ((BackupException) e).kind())
          .isEqualTo(Kind.UNAUTHENTICATED);
    }
    assertRefused(
        state, get("PBSAuthCookie=" + ticket.reveal(), null), "ticket with invalid prefix");
    clock.forward(Tickets.AGE_MAX.toSeconds() + 1);
    assertThatThrownBy(() -> authenticator.checkTerminal(USER, ticket, path, "Sys.Console", 5900))
        .hasMessageContaining("expired");
  }

  /** As a server gives it, which has the same keys. */
  private String terminalTicket(Path dir, String behind) throws Exception {
    String pem = Files.readString(dir.resolve("state").resolve("authkey.key"));
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]*-----", ""));
    Signature signer = Signature.getInstance("Ed25519");
    signer.initSign(
        KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der)));
    String text = "PBSTERM::" + Tickets.hexTime(clock.instant());
    signer.update((text + behind).getBytes(StandardCharsets.UTF_8));
    return text + "::" + Base64.getEncoder().withoutPadding().encodeToString(signer.sign());
  }

  @Test
  void damagedFileStopsTheStartAndNamesTheLine(@TempDir Path dir) throws IOException {
    open(dir);
    Files.writeString(dir.resolve("state").resolve("user.cfg"), "user: u@pbs\n\tshoe 43\n");
    assertThatThrownBy(
            () ->
                AccessState.open(
                    StateDirectory.open(new LocalFiles(), dir.resolve("state"), new SecureRandom()),
                    clock))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("user.cfg")
        .hasMessageContaining("line 2: unknown property 'shoe'");
  }

  @Test
  void secretsAreNotInTexts(@TempDir Path dir) {
    AccessState state = open(dir);
    assertThat(state.toString()).doesNotContain(state.localSecret().reveal());
    assertThat(get("PBSAuthCookie=abc", "PBSAPIToken=u@pbs!t:s3cret").toString())
        .doesNotContain("s3cret")
        .doesNotContain("abc");
  }
}
