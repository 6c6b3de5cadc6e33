package dev.holdfast.node.access.tfa;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.webauthn4j.data.attestation.authenticator.COSEKey;
import com.webauthn4j.data.attestation.authenticator.Curve;
import com.webauthn4j.data.attestation.authenticator.EC2COSEKey;
import com.webauthn4j.data.attestation.authenticator.EdDSACOSEKey;
import com.webauthn4j.data.attestation.authenticator.RSACOSEKey;
import com.webauthn4j.data.attestation.statement.COSEAlgorithmIdentifier;
import dev.holdfast.chunkstore.error.BackupException;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The public key of an authenticator, in the form that real servers keep it in:
 *
 * <pre>
 * entry := { "cred_id": bytes, "cred": { "type_": algorithm, "key": key }, "counter": number }
 * key   := {"EC_EC2": {"curve": "SECP256R1", "x": bytes, "y": bytes}}
 *        | {"EC_OKP": {"curve": "ED25519", "x": bytes}}
 *        | {"RSA": {"n": bytes, "e": bytes}}
 * bytes := base64 for addresses, without padding | [number]
 * algorithm := "ES256" | "ES384" | "ES512" | "EDDSA" | "RS256"
 * </pre>
 *
 * Source: the field names of the webauthn-rs crate, whose types real servers write as they are.
 */
final class WebauthnKey {
  private static final Map<String, COSEAlgorithmIdentifier> ALGORITHMS =
      Map.of(
          "ES256", COSEAlgorithmIdentifier.ES256,
          "ES384", COSEAlgorithmIdentifier.ES384,
          "ES512", COSEAlgorithmIdentifier.ES512,
          "EDDSA", COSEAlgorithmIdentifier.EdDSA,
          "RS256", COSEAlgorithmIdentifier.RS256);

  private WebauthnKey() {}

  static ObjectNode entry(byte[] credentialId, COSEKey key, long counter) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("cred_id", text(credentialId));
    ObjectNode cred = json.putObject("cred").put("type_", algorithm(key));
    ObjectNode inner = cred.putObject("key");
    switch (key) {
      case EC2COSEKey ec ->
          inner
              .putObject("EC_EC2")
              .put("curve", String.valueOf(ec.getCurve()))
              .put("x", text(ec.getX()))
              .put("y", text(ec.getY()));
      case EdDSACOSEKey ed ->
          inner
              .putObject("EC_OKP")
              .put("curve", String.valueOf(ed.getCurve()))
              .put("x", text(ed.getX()));
      case RSACOSEKey rsa -> {
        ObjectNode parts = inner.putObject("RSA").put("n", text(rsa.getN()));
        ArrayNode exponent = parts.putArray("e");
        for (byte b : required(rsa.getE())) {
          exponent.add(b & 0xff);
        }
      }
      default -> throw unknown(key.getClass().getSimpleName());
    }
    return json.put("counter", counter);
  }

  static byte[] credentialId(JsonNode entry) {
    return bytes(entry.path("cred_id"));
  }

  static long counter(JsonNode entry) {
    return entry.path("counter").asLong(0);
  }

  /** Throws CORRUPT_DATA. */
  static COSEKey key(JsonNode entry) {
    JsonNode cred = entry.path("cred");
    String type = cred.path("type_").asText("");
    COSEAlgorithmIdentifier algorithm = ALGORITHMS.get(type);
    if (algorithm == null) {
      throw unknown(type);
    }
    JsonNode key = cred.path("key");
    JsonNode ec = key.path("EC_EC2");
    if (!ec.isMissingNode()) {
      return new EC2COSEKey(
          null, algorithm, null, curve(ec), bytes(ec.path("x")), bytes(ec.path("y")));
    }
    JsonNode ed = key.path("EC_OKP");
    if (!ed.isMissingNode()) {
      return new EdDSACOSEKey(null, algorithm, null, curve(ed), bytes(ed.path("x")), null);
    }
    JsonNode rsa = key.path("RSA");
    if (!rsa.isMissingNode()) {
      return new RSACOSEKey(null, algorithm, null, bytes(rsa.path("n")), bytes(rsa.path("e")));
    }
    throw unknown(key.properties().stream().map(Map.Entry::getKey).findFirst().orElse("none"));
  }

  private static String algorithm(COSEKey key) {
    COSEAlgorithmIdentifier algorithm = key.getAlgorithm();
    return ALGORITHMS.entrySet().stream()
        .filter(known -> known.getValue().equals(algorithm))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> unknown(String.valueOf(algorithm)));
  }

  private static Curve curve(JsonNode key) {
    String name = key.path("curve").asText("");
    try {
      return Curve.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA, "WebAuthn key on unknown curve '" + name + "'", e);
    }
  }

  private static byte[] bytes(JsonNode value) {
    if (value.isArray()) {
      byte[] bytes = new byte[value.size()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) value.get(i).asInt();
      }
      return bytes;
    }
    try {
      return Base64.getUrlDecoder().decode(value.asText("").replace("=", ""));
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA, "WebAuthn key with a value that is not base64", e);
    }
  }

  private static String text(byte @Nullable [] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(required(bytes));
  }

  private static byte[] required(byte @Nullable [] bytes) {
    if (bytes == null) {
      throw unknown("incomplete");
    }
    return bytes;
  }

  private static BackupException unknown(String what) {
    return new BackupException(
        BackupException.Kind.CORRUPT_DATA, "WebAuthn key of unknown kind '" + what + "'");
  }
}
