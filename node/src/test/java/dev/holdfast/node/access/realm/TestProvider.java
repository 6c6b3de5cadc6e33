package dev.holdfast.node.access.realm;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.pkce.CodeChallenge;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A tiny OpenID Connect provider on loopback, which everybody may log in at as {@code alice}; what
 * it says in ID tokens can be bent.
 */
public final class TestProvider implements AutoCloseable {
  public static final String CODE = "a-code";

  private final AtomicInteger configurationCount = new AtomicInteger();
  private final HttpServer server;
  private final ECKey published = key("k1");
  private ECKey signing = published;
  private Map<String, String> asked = Map.of();
  private Consumer<JWTClaimsSet.Builder> bend = claims -> {};
  private boolean unsigned;
  private String userInfo = "{\"sub\":\"1\",\"preferred_username\":\"alice\"}";

  public TestProvider() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  static ECKey key(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  public String issuer() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Signs from now on with a key that it does not publish, under the name of the one it does. */
  void signWithAnotherKey() {
    signing = key("k1");
  }

  void doNotSign() {
    unsigned = true;
  }

  void bend(Consumer<JWTClaimsSet.Builder> change) {
    bend = change;
  }

  void userInfo(String json) {
    userInfo = json;
  }

  /** What a browser does that is sent here, and whose user logs in: it comes back with a state. */
  public String visit(URI authorization) {
    asked = pairs(authorization.getRawQuery());
    return asked.getOrDefault("state", "");
  }

  /** How often it was asked for. */
  int configurationCount() {
    return configurationCount.get();
  }

  Map<String, String> asked() {
    return asked;
  }

  private static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new HashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      pairs.put(
          pair.substring(0, equals),
          URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return pairs;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body =
        switch (exchange.getRequestURI().getPath()) {
          case "/.well-known/openid-configuration" -> {
            configurationCount.incrementAndGet();
            yield configuration();
          }
          case "/keys" -> new JWKSet(published).toString(true);
          case "/token" ->
              token(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          case "/userinfo" -> userInfo;
          default -> "";
        };
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(body.startsWith("{\"error") ? 400 : 200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String configuration() {
    return """
        {"issuer":"%1$s","authorization_endpoint":"%1$s/authorize","token_endpoint":"%1$s/token",
         "jwks_uri":"%1$s/keys","userinfo_endpoint":"%1$s/userinfo",
         "subject_types_supported":["public"],"response_types_supported":["code"],
         "id_token_signing_alg_values_supported":["ES256"]}
        """
        .formatted(issuer());
  }

  /** Only for the code, and only to who began the login (PKCE). */
  private String token(String form) {
    Map<String, String> given = pairs(form);
    CodeChallenge proof =
        CodeChallenge.compute(
            CodeChallengeMethod.S256, new CodeVerifier(given.getOrDefault("code_verifier", "x")));
    if (!CODE.equals(given.get("code"))
        || !proof.getValue().equals(asked.get("code_challenge"))
        || !given.getOrDefault("redirect_uri", "").equals(asked.get("redirect_uri"))) {
      return "{\"error\":\"invalid_grant\"}";
    }
    return "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"id_token\":\"" + idToken() + "\"}";
  }

  private String idToken() {
    Instant now = Instant.now();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .audience("holdfast")
            .subject("1")
            .claim("nonce", asked.get("nonce"))
            .claim("iat", now.getEpochSecond())
            .claim("exp", now.getEpochSecond() + 300);
    bend.accept(claims);
    try {
      if (unsigned) {
        return new PlainJWT(claims.build()).serialize();
      }
      SignedJWT token =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(signing.getKeyID()).build(),
              claims.build());
      token.sign(new ECDSASigner(signing));
      return token.serialize();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
