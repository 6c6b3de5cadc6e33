package dev.holdfast.node.access.tfa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.webauthn4j.converter.util.ObjectConverter;
import com.webauthn4j.data.AuthenticatorAssertionResponse;
import com.webauthn4j.data.AuthenticatorAttestationResponse;
import com.webauthn4j.data.PublicKeyCredentialCreationOptions;
import com.webauthn4j.data.PublicKeyCredentialRequestOptions;
import com.webauthn4j.data.client.Origin;
import com.webauthn4j.test.EmulatorUtil;
import com.webauthn4j.test.authenticator.webauthn.NoneAttestationAuthenticator;
import com.webauthn4j.test.client.ClientPlatform;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.StateDirectory;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: a security key lets in its owner, from our own pages, to a question that we asked just
 * now, and nobody else. The browser and the key are webauthn4j's emulators.
 */
class WebauthnTest {
  private static final AuthId USER = AuthId.parse("u@pbs");
  private static final String PAGE = "https://pbs.example.org:8007";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory = Path.of("");
  private final ClientPlatform browser =
      EmulatorUtil.createClientPlatform(new NoneAttestationAuthenticator());
  private Instant now = Instant.parse("2026-11-24T12:00:00Z");
  private SecondFactors factors;

  @BeforeEach
  void open() {
    factors =
        new SecondFactors(
            StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom()),
            () -> now);
    var unused =
        factors
            .file()
            .update(
                config ->
                    config.withWebauthn(new WebauthnSettings("Site", PAGE, "example.org", null)));
    browser.setOrigin(new Origin(PAGE));
  }

  private static <T> T options(JsonNode json, Class<T> type) {
    T options =
        new ObjectConverter().getJsonConverter().readValue(json.path("publicKey").toString(), type);
    if (options == null) {
      throw new AssertionError("no options in " + json);
    }
    return options;
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static ObjectNode answer(byte[] rawId) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", text(rawId))
        .put("rawId", text(rawId))
        .put("type", "public-key");
  }

  /** What the page sends back after {@code navigator.credentials.create}. */
  private String created(String challenge) throws JsonProcessingException {
    var credential =
        browser.create(options(JSON.readTree(challenge), PublicKeyCredentialCreationOptions.class));
    AuthenticatorAttestationResponse response = credential.getResponse();
    ObjectNode json = answer(credential.getRawId());
    json.putObject("response")
        .put("attestationObject", text(response.getAttestationObject()))
        .put("clientDataJSON", text(response.getClientDataJSON()));
    return json.toString();
  }

  /** And after {@code navigator.credentials.get}. */
  private String signed(String challenge) throws JsonProcessingException {
    var credential =
        browser.get(
            options(
                JSON.readTree(challenge).path("webauthn"),
                PublicKeyCredentialRequestOptions.class));
    AuthenticatorAssertionResponse response = credential.getResponse();
    ObjectNode json = answer(credential.getRawId());
    json.putObject("response")
        .put("authenticatorData", text(response.getAuthenticatorData()))
        .put("clientDataJSON", text(response.getClientDataJSON()))
        .put("signature", text(response.getSignature()));
    return json.toString();
  }

  private void register() throws JsonProcessingException {
    var unused = factors.finishWebauthn(USER, created(factors.startWebauthn(USER, "yellow key")));
  }

  private void verify(String response) {
    factors.verify(USER, new Secret("webauthn:" + response));
  }

  @Test
  void keyThatWasRegisteredLetsItsOwnerInAgainAndAgain() throws JsonProcessingException {
    register();
    for (int i = 0; i < 3; i++) {
      verify(signed(factors.challenge(USER).orElseThrow()));
    }
    Factor factor = factors.of(USER).factors().getFirst();
    assertThat(factor.description()).isEqualTo("yellow key");
    assertThat(factor.entry().path("cred").path("type_").asText()).isEqualTo("ES256");
    assertThat(TfaConfig.parse(factors.file().value().format()).user(USER))
        .isEqualTo(factors.of(USER));
  }

  @Test
  void answerCountsOnce() throws JsonProcessingException {
    register();
    String answer = signed(factors.challenge(USER).orElseThrow());
    verify(answer);
    assertThatThrownBy(() -> verify(answer)).hasMessageContaining("not asked");
  }

  @Test
  void answerToAnOldQuestionIsRefused() throws JsonProcessingException {
    register();
    String answer = signed(factors.challenge(USER).orElseThrow());
    now = now.plusSeconds(121);
    assertThatThrownBy(() -> verify(answer)).hasMessageContaining("not asked");
  }

  @Test
  void questionForOneUserIsNotAnsweredByAnother() throws JsonProcessingException {
    String challenge = factors.startWebauthn(USER, "key");
    String answer = created(challenge);
    assertThatThrownBy(() -> factors.finishWebauthn(AuthId.parse("v@pbs"), answer))
        .isInstanceOf(BackupException.class);
  }

  @Test
  void pageOfAnotherSiteIsRefused() throws JsonProcessingException {
    register();
    String challenge = factors.challenge(USER).orElseThrow();
    browser.setOrigin(new Origin("https://evil.example.org"));
    String answer = signed(challenge);
    assertThatThrownBy(() -> verify(answer)).hasMessageContaining("evil.example.org");
  }

  @Test
  void signatureOverSomethingElseIsRefused() throws JsonProcessingException {
    register();
    ObjectNode answer = (ObjectNode) JSON.readTree(signed(factors.challenge(USER).orElseThrow()));
    ObjectNode response = (ObjectNode) answer.path("response");
    byte[] data = Base64.getUrlDecoder().decode(response.path("authenticatorData").asText());
    data[36]++; // the counter
    response.put("authenticatorData", text(data));
    assertThatThrownBy(() -> verify(answer.toString())).hasMessageContaining("refused");
  }

  @Test
  void counterThatGoesBackIsACopiedKey() throws JsonProcessingException {
    register();
    verify(signed(factors.challenge(USER).orElseThrow()));
    Factor factor = factors.of(USER).factors().getFirst();
    ObjectNode ahead = ((ObjectNode) factor.entry().deepCopy()).put("counter", 1_000_000);
    var unused =
        factors
            .file()
            .update(
                config ->
                    config.with(
                        USER, own -> own.changed(factor.id(), old -> old.withEntry(ahead))));
    String answer = signed(factors.challenge(USER).orElseThrow());
    assertThatThrownBy(() -> verify(answer)).hasMessageContaining("refused");
  }

  @ParameterizedTest
  @CsvSource({
    "https://pbs.example.org:8007, true",
    "https://a.pbs.example.org:8007, true",
    "https://pbs.example.org, false",
    "http://pbs.example.org:8007, false",
    "https://example.org:8007, false",
    "https://xpbs.example.org:8007, false",
    "https://pbs.example.org.evil:8007, false",
    "javascript:alert, false"
  })
  void onlyPagesOfTheSiteCount(String origin, boolean allowed) {
    WebauthnSettings settings = new WebauthnSettings("Site", PAGE, "example.org", null);
    assertThat(Webauthn.allows(settings, origin)).isEqualTo(allowed);
  }
}
