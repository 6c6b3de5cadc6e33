package dev.holdfast.node.access.tfa;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.webauthn4j.WebAuthnManager;
import com.webauthn4j.credential.CredentialRecordImpl;
import com.webauthn4j.data.AuthenticationData;
import com.webauthn4j.data.AuthenticationParameters;
import com.webauthn4j.data.AuthenticationRequest;
import com.webauthn4j.data.PublicKeyCredentialParameters;
import com.webauthn4j.data.PublicKeyCredentialType;
import com.webauthn4j.data.RegistrationData;
import com.webauthn4j.data.RegistrationParameters;
import com.webauthn4j.data.RegistrationRequest;
import com.webauthn4j.data.attestation.authenticator.AAGUID;
import com.webauthn4j.data.attestation.authenticator.AttestedCredentialData;
import com.webauthn4j.data.attestation.authenticator.AuthenticatorData;
import com.webauthn4j.data.attestation.statement.COSEAlgorithmIdentifier;
import com.webauthn4j.data.client.Origin;
import com.webauthn4j.data.client.challenge.DefaultChallenge;
import com.webauthn4j.server.ServerProperty;
import com.webauthn4j.util.exception.WebAuthnException;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Security keys and platform authenticators of browsers (WebAuthn level 2): what the browser is
 * asked, and whether what it answers is right. The checks are webauthn4j's; that a challenge is
 * ours, young and unused is the caller's to know. Thread-safe; computes, and reads nothing.
 */
final class Webauthn {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CHALLENGE_BYTES = 32;

  /** How long a browser waits for its user. */
  private static final long TIMEOUT_MS = 60_000;

  private static final List<COSEAlgorithmIdentifier> ALGORITHMS =
      List.of(
          COSEAlgorithmIdentifier.ES256,
          COSEAlgorithmIdentifier.EdDSA,
          COSEAlgorithmIdentifier.RS256);

  // Attestation is not asked for: it would tell who made the key, not whose it is.
  private final WebAuthnManager manager = WebAuthnManager.createNonStrictWebAuthnManager();
  private final SecureRandom random;

  Webauthn(SecureRandom random) {
    this.random = random;
  }

  /** Throws INVALID_INPUT when nobody said who this node is. */
  static WebauthnSettings required(TfaConfig config) {
    WebauthnSettings settings = config.webauthn();
    if (settings == null) {
      throw BackupException.invalid("webauthn is not configured")
          .advise("Set its name and domain: PUT /config/access/tfa/webauthn.");
    }
    return settings;
  }

  // ---- questions ----

  /**
   * What a browser passes to {@code navigator.credentials.create}; its binary values are base64 for
   * addresses.
   */
  ObjectNode creation(WebauthnSettings settings, AuthId user, List<Factor> known) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode options = json.putObject("publicKey");
    options.putObject("rp").put("name", settings.rp()).put("id", settings.id());
    options
        .putObject("user")
        .put("id", text(user.toString().getBytes(StandardCharsets.UTF_8)))
        .put("name", user.toString())
        .put("displayName", user.toString());
    options.put("challenge", challenge());
    ArrayNode algorithms = options.putArray("pubKeyCredParams");
    ALGORITHMS.forEach(
        algorithm ->
            algorithms.addObject().put("type", "public-key").put("alg", algorithm.getValue()));
    options.put("timeout", TIMEOUT_MS);
    options.put("attestation", "none");
    options.set("excludeCredentials", credentials(known));
    options.putObject("authenticatorSelection").put("userVerification", "discouraged");
    return json;
  }

  /** What a browser passes to {@code navigator.credentials.get}. */
  ObjectNode request(WebauthnSettings settings, List<Factor> known) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode options = json.putObject("publicKey");
    options.put("challenge", challenge());
    options.put("timeout", TIMEOUT_MS);
    options.put("rpId", settings.id());
    options.set("allowCredentials", credentials(known));
    options.put("userVerification", "discouraged");
    return json;
  }

  private String challenge() {
    byte[] challenge = new byte[CHALLENGE_BYTES];
    random.nextBytes(challenge);
    return text(challenge);
  }

  private static ArrayNode credentials(List<Factor> known) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    known.forEach(
        factor ->
            list.addObject()
                .put("type", "public-key")
                .put("id", text(WebauthnKey.credentialId(factor.entry()))));
    return list;
  }

  // ---- answers ----

  /** The challenge of a question that was made here. */
  static String challengeIn(JsonNode question) {
    return question.path("publicKey").path("challenge").asText();
  }

  /** The challenge that an answer says it is to; throws INVALID_INPUT. */
  static String challengeOf(JsonNode answer) {
    return clientData(answer).path("challenge").asText("");
  }

  /** The answer of a browser as JSON; throws INVALID_INPUT. */
  static JsonNode parse(String answer) {
    try {
      return JSON.readTree(answer);
    } catch (JsonProcessingException e) {
      throw new BackupException(Kind.INVALID_INPUT, "webauthn response is not JSON", e);
    }
  }

  /** What to keep of a new authenticator. Throws INVALID_INPUT saying what was wrong. */
  JsonNode registered(WebauthnSettings settings, String challenge, JsonNode answer) {
    List<PublicKeyCredentialParameters> wanted =
        ALGORITHMS.stream()
            .map(a -> new PublicKeyCredentialParameters(PublicKeyCredentialType.PUBLIC_KEY, a))
            .toList();
    try {
      RegistrationData data =
          manager.verify(
              new RegistrationRequest(
                  bytes(answer, "attestationObject"), bytes(answer, "clientDataJSON")),
              new RegistrationParameters(server(settings, challenge, answer), wanted, false, true));
      AuthenticatorData<?> authenticator =
          present(present(data.getAttestationObject()).getAuthenticatorData());
      AttestedCredentialData credential = present(authenticator.getAttestedCredentialData());
      return WebauthnKey.entry(
          credential.getCredentialId(), credential.getCOSEKey(), authenticator.getSignCount());
    } catch (WebAuthnException | IllegalArgumentException e) {
      throw new BackupException(
          Kind.INVALID_INPUT, "webauthn registration failed: " + e.getMessage(), e);
    }
  }

  /** Whether an answer is of this authenticator. */
  static boolean isOf(Factor factor, JsonNode answer) {
    return Arrays.equals(
        WebauthnKey.credentialId(factor.entry()), decoded(answer.path("rawId").asText("")));
  }

  /**
   * Checks an assertion; returns what to keep from now on, which has the new counter. Throws
   * UNAUTHENTICATED saying what was wrong.
   */
  JsonNode asserted(WebauthnSettings settings, String challenge, JsonNode entry, JsonNode answer) {
    byte[] id = WebauthnKey.credentialId(entry);
    AttestedCredentialData credential =
        new AttestedCredentialData(AAGUID.ZERO, id, WebauthnKey.key(entry));
    CredentialRecordImpl authenticator =
        new CredentialRecordImpl(
            null, null, null, null, WebauthnKey.counter(entry), credential, null, null, null, null);
    try {
      AuthenticationData data =
          manager.verify(
              new AuthenticationRequest(
                  id,
                  bytes(answer, "authenticatorData"),
                  bytes(answer, "clientDataJSON"),
                  bytes(answer, "signature")),
              new AuthenticationParameters(
                  server(settings, challenge, answer), authenticator, List.of(id), false, true));
      long counter = present(data.getAuthenticatorData()).getSignCount();
      return ((ObjectNode) entry.deepCopy()).put("counter", counter);
    } catch (WebAuthnException | IllegalArgumentException e) {
      throw new BackupException(
          Kind.UNAUTHENTICATED, "webauthn response refused: " + e.getMessage(), e);
    }
  }

  private static ServerProperty server(
      WebauthnSettings settings, String challenge, JsonNode answer) {
    String origin = clientData(answer).path("origin").asText("");
    if (!allows(settings, origin)) {
      throw new BackupException(
          Kind.INVALID_INPUT, "webauthn response of a page at '" + origin + "'");
    }
    return new ServerProperty(
        new Origin(origin), settings.id(), new DefaultChallenge(decoded(challenge)));
  }

  /** Whether a page of that origin may use our keys. */
  static boolean allows(WebauthnSettings settings, String origin) {
    URI page;
    URI wanted;
    try {
      page = URI.create(origin);
      wanted =
          URI.create(settings.origin() == null ? "https://" + settings.id() : settings.origin());
    } catch (IllegalArgumentException e) {
      return false;
    }
    String host = page.getHost();
    String wantedHost = wanted.getHost();
    if (host == null || wantedHost == null) {
      return false;
    }
    boolean secure = "https".equals(page.getScheme()) || host.equals("localhost");
    boolean place =
        settings.origin() == null
            || (page.getPort() == wanted.getPort()
                && String.valueOf(page.getScheme()).equals(wanted.getScheme()));
    boolean below =
        !Boolean.FALSE.equals(settings.allowSubdomains())
            && host.toLowerCase(Locale.ROOT).endsWith("." + wantedHost.toLowerCase(Locale.ROOT));
    return secure && place && (host.equalsIgnoreCase(wantedHost) || below);
  }

  private static JsonNode clientData(JsonNode answer) {
    return parse(new String(bytes(answer, "clientDataJSON"), StandardCharsets.UTF_8));
  }

  private static byte[] bytes(JsonNode answer, String name) {
    return decoded(answer.path("response").path(name).asText(""));
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getUrlDecoder().decode(base64.replace("=", ""));
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          Kind.INVALID_INPUT, "webauthn response with a value that is not base64", e);
    }
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw BackupException.invalid("webauthn response without authenticator data");
    }
    return value;
  }
}
