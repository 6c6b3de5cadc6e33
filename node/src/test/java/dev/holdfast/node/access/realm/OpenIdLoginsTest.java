package dev.holdfast.node.access.realm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.SectionConfig.Section;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At stake: only a token that this provider signed, for us, for this very login and just now, says
 * who somebody is.
 */
class OpenIdLoginsTest {
  private static final URI PAGE = URI.create("https://node.example.org:8007/");

  private Instant now = Instant.now();
  private final OpenIdLogins logins = new OpenIdLogins(() -> now);

  @SuppressWarnings("NullAway.Init") // before each test
  private TestProvider provider;

  @BeforeEach
  void start() throws IOException {
    provider = new TestProvider();
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private OpenIdRealm realm(String... more) {
    Map<String, String> values = new TreeMap<>();
    values.put("issuer-url", provider.issuer());
    values.put("client-id", "holdfast");
    for (int i = 0; i < more.length; i += 2) {
      values.put(more[i], more[i + 1]);
    }
    return OpenIdRealm.of(Section.of("openid", "sso", values));
  }

  private String login(OpenIdRealm realm) {
    String state = provider.visit(logins.begin(realm, PAGE));
    return logins.finish(realm, state, TestProvider.CODE, PAGE);
  }

  private static void assertRefused(Runnable login, String reason) {
    assertThatThrownBy(login::run)
        .isInstanceOf(BackupException.class)
        .hasMessageContaining(reason)
        .extracting(e -> ((BackupException) e).kind())
        .isEqualTo(Kind.UNAUTHENTICATED);
  }

  @Test
  void subjectIsTheNameUnlessAnotherClaimIsWanted() {
    assertThat(login(realm())).isEqualTo("1");
    assertThat(provider.asked())
        .containsEntry("scope", "openid email profile")
        .containsEntry("code_challenge_method", "S256")
        .containsKeys("state", "nonce");
    // Not in the ID token: the provider is asked.
    assertThat(login(realm("username-claim", "username"))).isEqualTo("alice");
    provider.bend(claims -> claims.claim("email", "a@example.org"));
    assertThat(login(realm("username-claim", "email", "client-key", "s3cret")))
        .isEqualTo("a@example.org");
  }

  static Stream<Arguments> wrongTokens() {
    return Stream.of(
        Arguments.of("issuer", bend(claims -> claims.issuer("https://evil.example.org"))),
        Arguments.of("audience", bend(claims -> claims.audience("other"))),
        Arguments.of("for others", bend(claims -> claims.audience(List.of("holdfast", "other")))),
        Arguments.of("Expired", bend(claims -> claims.claim("exp", 1_700_000_000L))),
        Arguments.of(
            "issue time",
            bend(claims -> claims.claim("iat", Instant.now().getEpochSecond() + 3600))),
        Arguments.of("nonce", bend(claims -> claims.claim("nonce", "another"))),
        Arguments.of("nonce", bend(claims -> claims.claim("nonce", null))));
  }

  private static Consumer<JWTClaimsSet.Builder> bend(Consumer<JWTClaimsSet.Builder> change) {
    return change;
  }

  @ParameterizedTest
  @MethodSource("wrongTokens")
  void tokenWithAWrongClaimIsRefused(String reason, Consumer<JWTClaimsSet.Builder> change) {
    provider.bend(
        claims -> {
          change.accept(claims);
          if (reason.equals("for others")) {
            claims.claim("azp", "holdfast");
          }
        });
    assertThatThrownBy(() -> login(realm())).message().containsIgnoringCase(reason);
  }

  @Test
  void tokenSignedByAnotherKeyIsRefused() {
    provider.signWithAnotherKey();
    assertRefused(() -> login(realm()), "invalid ID token");
  }

  @Test
  void tokenWithoutSignatureIsRefused() {
    provider.doNotSign();
    assertRefused(() -> login(realm()), "invalid ID token");
  }

  @Test
  void otherAudiencesCountWhereTheyAreTrusted() {
    provider.bend(claims -> claims.audience(List.of("holdfast", "other")).claim("azp", "holdfast"));
    assertThat(login(realm("audiences", "other"))).isEqualTo("1");
  }

  @Test
  void addressThatNobodyVerifiedIsNoName() {
    provider.bend(
        claims -> claims.claim("email", "root@example.org").claim("email_verified", false));
    assertRefused(() -> login(realm("username-claim", "email")), "not verified");
  }

  @Test
  void userInfoOfSomebodyElseIsRefused() {
    provider.userInfo("{\"sub\":\"2\",\"preferred_username\":\"bob\"}");
    assertRefused(() -> login(realm("username-claim", "username")), "does not tell");
  }

  @Test
  void providerIsAskedForItselfOnceForManyLoginsAndAgainLater() {
    var unused = login(realm()) + login(realm());
    assertThat(provider.configurationCount()).isEqualTo(1);
    now = now.plus(Duration.ofMinutes(6));
    unused = provider.visit(logins.begin(realm(), PAGE));
    assertThat(provider.configurationCount()).isEqualTo(2);
  }

  @Test
  void stateIsGoodForOneTryOfTheSameLogin() {
    OpenIdRealm realm = realm();
    assertRefused(() -> logins.finish(realm, "made up", TestProvider.CODE, PAGE), "state");
    String state = provider.visit(logins.begin(realm, PAGE));
    assertThat(logins.realmOf(state)).isEqualTo("sso");
    URI elsewhere = URI.create("https://evil.example.org/");
    assertRefused(
        () -> logins.finish(realm, state, TestProvider.CODE, elsewhere), "ends elsewhere");
    assertRefused(() -> logins.finish(realm, state, TestProvider.CODE, PAGE), "state");
    String old = provider.visit(logins.begin(realm, PAGE));
    now = now.plusSeconds(601);
    assertRefused(() -> logins.finish(realm, old, TestProvider.CODE, PAGE), "old state");
  }

  @Test
  void wrongCodeIsRefused() {
    OpenIdRealm realm = realm();
    String state = provider.visit(logins.begin(realm, PAGE));
    assertRefused(() -> logins.finish(realm, state, "guessed", PAGE), "invalid_grant");
  }

  @Test
  void providerOverPlainHttpIsRefusedUnlessItIsHere() {
    Section section =
        Section.of(
            "openid", "sso", Map.of("issuer-url", "http://sso.example.org", "client-id", "x"));
    assertThatThrownBy(() -> OpenIdRealm.of(section)).hasMessageContaining("https");
  }

  @Test
  void providerThatIsNotThereIsSaidSo() {
    OpenIdRealm realm = realm();
    provider.close();
    assertThatThrownBy(() -> logins.begin(realm, PAGE)).hasMessageContaining("cannot reach");
  }
}
