package dev.holdfast.node.access.realm;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWT;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.ACR;
import com.nimbusds.openid.connect.sdk.claims.ClaimsSet;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.claims.UserInfo;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.ShortLived;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Logins that an OpenID Connect provider vouches for (authorization code flow with PKCE): a browser
 * is sent there with a state of ours, and comes back with that state and a code, for which the
 * provider gives a signed ID token. Everything that makes the token one for this login is checked:
 * signature by a key that the provider publishes, issuer, audience, time, nonce.
 *
 * <p>Calls the provider and waits: never on an event loop. Any thread.
 */
public final class OpenIdLogins {
  /** How long a user may take at the provider's. */
  static final Duration STATE_LIFETIME = Duration.ofMinutes(10);

  /** Anybody may begin a login; the oldest ones are forgotten. */
  private static final int PENDING_MAX = 1000;

  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int READ_TIMEOUT_MS = 10_000;
  private static final int KEYS_BYTES_MAX = 256 * 1024;

  /** Those with a key of the provider's own; one that both know would make everybody a signer. */
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  /** What a provider says of itself changes seldom; asked for at both ends of every login. */
  private static final Duration PROVIDER_LIFETIME = Duration.ofMinutes(5);

  /** One for each realm. */
  private static final int PROVIDERS_MAX = 64;

  private record Pending(String realm, Nonce nonce, CodeVerifier verifier, URI redirect) {}

  private final InstantSource clock;
  private final ShortLived<Pending> pending = new ShortLived<>(STATE_LIFETIME, PENDING_MAX);

  /** By issuer. */
  private final ShortLived<OIDCProviderMetadata> providers =
      new ShortLived<>(PROVIDER_LIFETIME, PROVIDERS_MAX);

  public OpenIdLogins(InstantSource clock) {
    this.clock = clock;
  }

  /** Where to send a browser; throws INVALID_INPUT, PEER_UNREACHABLE. */
  public URI begin(OpenIdRealm realm, URI redirect) {
    OIDCProviderMetadata provider = provider(realm);
    try {
      return begun(realm, redirect, provider);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new BackupException(
          Kind.INVALID_INPUT, "realm '" + realm.name() + "' cannot be used: " + e.getMessage(), e);
    }
  }

  private URI begun(OpenIdRealm realm, URI redirect, OIDCProviderMetadata provider) {
    State state = new State();
    Nonce nonce = new Nonce();
    CodeVerifier verifier = new CodeVerifier();
    Scope scope = new Scope("openid");
    realm.scopes().forEach(scope::add);
    AuthenticationRequest.Builder request =
        new AuthenticationRequest.Builder(
                ResponseType.CODE, scope, new ClientID(realm.clientId()), redirect)
            .endpointURI(provider.getAuthorizationEndpointURI())
            .state(state)
            .nonce(nonce)
            .codeChallenge(verifier, CodeChallengeMethod.S256);
    if (!realm.acrValues().isEmpty()) {
      request.acrValues(realm.acrValues().stream().map(ACR::new).toList());
    }
    String prompt = realm.prompt();
    if (prompt != null) {
      try {
        request.prompt(Prompt.parse(prompt));
      } catch (com.nimbusds.oauth2.sdk.ParseException e) {
        throw new BackupException(Kind.INVALID_INPUT, "invalid prompt '" + prompt + "'", e);
      }
    }
    pending.add(
        state.getValue(), new Pending(realm.name(), nonce, verifier, redirect), clock.instant());
    return request.build().toURI();
  }

  /** The realm of a login that was begun; throws UNAUTHENTICATED when there is none such. */
  public String realmOf(String state) {
    return known(pending.find(state, clock.instant())).realm();
  }

  private static Pending known(@Nullable Pending found) {
    if (found == null) {
      throw refused("unknown or old state", null);
    }
    return found;
  }

  /**
   * Ends a login: who the provider says it is, a name without realm. A state is good for one try.
   * Throws UNAUTHENTICATED with the reason, which the client must not learn.
   */
  public String finish(OpenIdRealm realm, String state, String code, URI redirect) {
    Pending begun = known(pending.take(state, clock.instant()));
    if (!begun.realm().equals(realm.name()) || !begun.redirect().equals(redirect)) {
      throw refused("login ends elsewhere than it began", null);
    }
    OIDCProviderMetadata provider = provider(realm);
    OIDCTokenResponse tokens = tokens(realm, provider, begun, code);
    IDTokenClaimsSet claims =
        validated(realm, provider, tokens.getOIDCTokens().getIDToken(), begun.nonce());
    String name = name(realm.usernameClaim(), claims);
    return name != null
        ? name
        : fromUserInfo(realm, provider, claims, tokens.getOIDCTokens().getAccessToken());
  }

  // ---- the provider ----

  private OIDCProviderMetadata provider(OpenIdRealm realm) {
    OIDCProviderMetadata known = providers.find(realm.issuer().toString(), clock.instant());
    if (known != null) {
      return known;
    }
    OIDCProviderMetadata found = discover(realm);
    providers.add(realm.issuer().toString(), found, clock.instant());
    return found;
  }

  private static OIDCProviderMetadata discover(OpenIdRealm realm) {
    try {
      OIDCProviderMetadata provider =
          OIDCProviderMetadata.resolve(
              new Issuer(realm.issuer()), CONNECT_TIMEOUT_MS, READ_TIMEOUT_MS);
      if (provider.getAuthorizationEndpointURI() == null
          || provider.getTokenEndpointURI() == null
          || provider.getJWKSetURI() == null) {
        throw new BackupException(
            Kind.UNSUPPORTED_VERSION,
            "'"
                + realm.issuer()
                + "' does not say where it authorizes, gives tokens, and has keys");
      }
      return provider;
    } catch (IOException e) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE, "cannot reach '" + realm.issuer() + "': " + e.getMessage(), e);
    } catch (GeneralException | IllegalArgumentException e) {
      throw new BackupException(
          Kind.UNSUPPORTED_VERSION,
          "'" + realm.issuer() + "' is no OpenID provider: " + e.getMessage(),
          e);
    }
  }

  private static OIDCTokenResponse tokens(
      OpenIdRealm realm, OIDCProviderMetadata provider, Pending begun, String code) {
    AuthorizationCodeGrant grant =
        new AuthorizationCodeGrant(new AuthorizationCode(code), begun.redirect(), begun.verifier());
    ClientID client = new ClientID(realm.clientId());
    Secret key = realm.clientKey();
    TokenRequest request =
        key == null
            ? new TokenRequest(provider.getTokenEndpointURI(), client, grant, null)
            : new TokenRequest(
                provider.getTokenEndpointURI(), authentication(provider, client, key), grant, null);
    try {
      TokenResponse response = OIDCTokenResponseParser.parse(send(request.toHTTPRequest()));
      if (!response.indicatesSuccess()) {
        throw refused(
            "the provider refused the code: "
                + response.toErrorResponse().getErrorObject().getCode(),
            null);
      }
      OIDCTokenResponse tokens = (OIDCTokenResponse) response.toSuccessResponse();
      if (tokens.getOIDCTokens().getIDToken() == null) {
        throw refused("the provider gave no ID token", null);
      }
      return tokens;
    } catch (IOException | com.nimbusds.oauth2.sdk.ParseException e) {
      throw refused("no tokens from the provider: " + e.getMessage(), e);
    }
  }

  private static ClientAuthentication authentication(
      OIDCProviderMetadata provider, ClientID client, Secret key) {
    var secret = new com.nimbusds.oauth2.sdk.auth.Secret(key.reveal());
    List<ClientAuthenticationMethod> methods = provider.getTokenEndpointAuthMethods();
    boolean basic =
        methods == null || methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC);
    return basic ? new ClientSecretBasic(client, secret) : new ClientSecretPost(client, secret);
  }

  private static HTTPResponse send(HTTPRequest request) throws IOException {
    request.setConnectTimeout(CONNECT_TIMEOUT_MS);
    request.setReadTimeout(READ_TIMEOUT_MS);
    request.setFollowRedirects(false);
    return request.send();
  }

  // ---- the token ----

  private static IDTokenClaimsSet validated(
      OpenIdRealm realm, OIDCProviderMetadata provider, JWT token, Nonce nonce) {
    try {
      var keys =
          JWKSourceBuilder.<SecurityContext>create(
                  provider.getJWKSetURI().toURL(),
                  new DefaultResourceRetriever(CONNECT_TIMEOUT_MS, READ_TIMEOUT_MS, KEYS_BYTES_MAX))
              .build();
      IDTokenValidator validator =
          new IDTokenValidator(
              new Issuer(realm.issuer()),
              new ClientID(realm.clientId()),
              new JWSVerificationKeySelector<>(ALGORITHMS, keys),
              null);
      IDTokenClaimsSet claims = validator.validate(token, nonce);
      Set<String> strangers =
          claims.getAudience().stream().map(Object::toString).collect(Collectors.toSet());
      strangers.remove(realm.clientId());
      realm.audiences().forEach(strangers::remove);
      if (!strangers.isEmpty()) {
        throw refused("the ID token is for others, too: " + strangers, null);
      }
      return claims;
    } catch (BadJOSEException | JOSEException | IOException e) {
      throw refused("invalid ID token: " + e.getMessage(), e);
    }
  }

  /** Null when the claims do not say. */
  private static @Nullable String name(String claim, ClaimsSet claims) {
    // An address that nobody has checked may be somebody else's.
    if (claim.equals("email") && Boolean.FALSE.equals(claims.getBooleanClaim("email_verified"))) {
      throw refused("the provider has not verified the email address", null);
    }
    String name = claims.getStringClaim(claim);
    return name == null || name.isBlank() ? null : name;
  }

  private static String fromUserInfo(
      OpenIdRealm realm,
      OIDCProviderMetadata provider,
      IDTokenClaimsSet token,
      AccessToken access) {
    URI endpoint = provider.getUserInfoEndpointURI();
    if (endpoint == null) {
      throw refused("the ID token has no claim '" + realm.usernameClaim() + "'", null);
    }
    try {
      UserInfoResponse response =
          UserInfoResponse.parse(send(new UserInfoRequest(endpoint, access).toHTTPRequest()));
      UserInfo info =
          response.indicatesSuccess() ? response.toSuccessResponse().getUserInfo() : null;
      if (info == null || !info.getSubject().equals(token.getSubject())) {
        throw refused("the provider does not tell about this user", null);
      }
      String name = name(realm.usernameClaim(), info);
      if (name == null) {
        throw refused("the provider has no claim '" + realm.usernameClaim() + "'", null);
      }
      return name;
    } catch (IOException | com.nimbusds.oauth2.sdk.ParseException e) {
      throw refused("no user info from the provider: " + e.getMessage(), e);
    }
  }

  private static BackupException refused(String reason, @Nullable Exception cause) {
    return cause == null
        ? new BackupException(Kind.UNAUTHENTICATED, reason)
        : new BackupException(Kind.UNAUTHENTICATED, reason, cause);
  }
}
