package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.realm.DirectoryPasswords;
import dev.holdfast.node.access.tfa.SecondFactors;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Tells who sends a request (spec/protocols.md §2.1, §2.4–2.6): a ticket in the cookie, else an API
 * token, else the secret of the state directory ({@code Authorization: HoldfastLocal SECRET}),
 * which makes its reader administrator. May read files and hash: never on an event loop.
 */
public final class Authenticator {
  public static final String LOCAL_SCHEME = "HoldfastLocal";
  public static final String REALM_LOCAL = "pbs";
  public static final String REALM_SYSTEM = "pam";

  /** Of a plain login, and of one whose ticket scripts of a page must not see. */
  private static final String COOKIE = "PBSAuthCookie=";

  private static final String HOST_COOKIE = "__Host-PBSAuthCookie=";
  private static final String TOKEN_SCHEME = "PBSAPIToken";

  private final AccessControl access;
  private final ShadowFile passwords;
  private final ShadowFile systemPasswords;
  private final ShadowFile tokens;
  private final Tickets tickets;
  private final Csrf csrf;
  private final SecondFactors factors;
  private final DirectoryPasswords directories;
  private final SystemPasswords system;
  private final Secret localSecret;
  private final InstantSource clock;

  // Token secrets that were verified once: checking a hash costs milliseconds, and a peer sends its
  // token with every request. Bounded by the number of tokens; kept as a MAC under a key that no
  // file has.
  private final ConcurrentMap<AuthId, Verified> verified = new ConcurrentHashMap<>();
  private final SecretKeySpec cacheKey;

  private record Verified(String hash, Digest secretMac) {}

  /** What a request brings along; header values as they came. */
  public record Credentials(
      String method,
      @Nullable String cookie,
      @Nullable String authorization,
      @Nullable String csrfToken) {
    @Override
    public String toString() {
      return "Credentials[" + method + "]"; // the rest is secret
    }
  }

  /** The answer to a login, or to its first step when there is to be a second one. */
  public record Login(AuthId user, String ticket, String csrfToken) {
    /** In place of the token that a half-finished login does not get (spec/protocols.md §2.2). */
    private static final String NO_TOKEN = "invalid";

    public boolean isHalf() {
      return csrfToken.equals(NO_TOKEN);
    }
  }

  Authenticator(
      StateDirectory directory,
      AccessControl access,
      Secret localSecret,
      ShadowFile passwords,
      ShadowFile tokens,
      SecondFactors factors,
      DirectoryPasswords directories,
      SystemPasswords system,
      InstantSource clock) {
    this.access = access;
    this.passwords = passwords;
    this.systemPasswords = ShadowFile.systemPasswords(directory);
    this.tokens = tokens;
    this.factors = factors;
    this.directories = directories;
    this.system = system;
    this.tickets = Tickets.open(directory);
    this.csrf = Csrf.open(directory);
    this.localSecret = localSecret;
    this.clock = clock;
    byte[] key = new byte[32];
    directory.random().nextBytes(key);
    this.cacheKey = new SecretKeySpec(key, "HmacSHA256");
  }

  /** Throws UNAUTHENTICATED, whose text is for our log and the REASON of spec/protocols.md §2.9. */
  public AuthId authenticate(Credentials credentials) {
    String ticket = ticket(credentials.cookie());
    if (ticket != null) {
      AuthId user = tickets.verify(ticket, now());
      requireActive(user);
      if (!credentials.method().equals("GET")) {
        csrf.verify(credentials.csrfToken(), user, now());
      }
      return user;
    }
    String authorization = credentials.authorization();
    if (authorization != null && authorization.startsWith(TOKEN_SCHEME)) {
      return token(authorization.substring(TOKEN_SCHEME.length()));
    }
    if (authorization != null && authorization.startsWith(LOCAL_SCHEME + " ")) {
      return local(authorization.substring(LOCAL_SCHEME.length() + 1));
    }
    throw Tickets.refused("no authentication credentials provided.");
  }

  /**
   * A user's login by password or by a still valid ticket of his; half of one if he has second
   * factors and no ticket. Throws UNAUTHENTICATED with the reason, which the client must not learn.
   */
  public Login login(AuthId user, Secret password) {
    if (user.isToken()) {
      throw Tickets.refused("API tokens cannot log in");
    }
    requireActive(user);
    if (password.reveal().startsWith(Tickets.PREFIX + ":")) {
      AuthId of = tickets.verify(password.reveal(), now());
      if (!of.equals(user)) {
        throw Tickets.refused("ticket of another user");
      }
    } else {
      checkPassword(user, password);
      Optional<String> challenge = factors.challenge(user);
      if (challenge.isPresent()) {
        return new Login(user, tickets.issueHalf(user, challenge.get(), now()), Login.NO_TOKEN);
      }
    }
    return loggedIn(user);
  }

  /**
   * The second step of a login.
   *
   * @param half ticket that the first step gave
   * @param response {@code KIND:VALUE}; right ones are used up
   */
  public Login finishLogin(AuthId user, String half, Secret response) {
    requireActive(user);
    tickets.verifyHalf(half, user, now());
    factors.verify(user, response);
    return loggedIn(user);
  }

  /**
   * Whether a ticket opens a terminal for somebody who has the privilege there. Throws
   * UNAUTHENTICATED.
   */
  public void checkTerminal(AuthId who, Secret ticket, String path, String privilege, int port) {
    requireActive(who);
    tickets.verifyTerminal(ticket.reveal(), who, path, port, now());
    boolean has =
        access.privileges(who, path).stream().anyMatch(one -> one.text().equals(privilege));
    if (!has) {
      throw Tickets.refused("no " + privilege + " on " + path);
    }
  }

  /** The login of a user for whom a provider vouches that he is it. Throws UNAUTHENTICATED. */
  public Login vouchedFor(AuthId user) {
    requireActive(user);
    return loggedIn(user);
  }

  private Login loggedIn(AuthId user) {
    Instant now = now();
    return new Login(user, tickets.issue(user, now), csrf.issue(user, now));
  }

  /** Throws UNAUTHENTICATED. */
  public void checkPassword(AuthId user, Secret password) {
    ShadowFile shadow = shadow(user);
    if (shadow == null) {
      directories.check(user, password);
      return;
    }
    String hash = shadow.hash(user.user());
    if (hash == null && user.realm().equals(REALM_SYSTEM)) {
      system.check(user, password);
      return;
    }
    if (hash == null || !matches(user, password, hash)) {
      throw Tickets.refused("invalid credentials");
    }
  }

  /** Throws INVALID_INPUT for a user whose password is kept elsewhere. */
  public void setPassword(AuthId user, Secret password) {
    ShadowFile shadow = shadow(user);
    if (shadow == null) {
      throw BackupException.invalid(
          "passwords of realm '" + user.realm() + "' are not kept on this node");
    }
    shadow.set(user.user(), password);
  }

  public void removePassword(AuthId user) {
    ShadowFile shadow = shadow(user);
    if (shadow != null) {
      shadow.remove(user.user());
    }
  }

  /** Null for a realm whose passwords this node does not keep. */
  private @Nullable ShadowFile shadow(AuthId user) {
    return switch (user.realm()) {
      case REALM_LOCAL -> passwords;
      case REALM_SYSTEM -> systemPasswords;
      default -> null;
    };
  }

  private AuthId token(String rest) {
    // "=" or a blank between scheme and value (spec/protocols.md §2.6).
    String value = rest.startsWith("=") || rest.startsWith(" ") ? rest.substring(1).strip() : rest;
    int colon = value.indexOf(':');
    if (colon < 0) {
      throw Tickets.refused("invalid token name");
    }
    AuthId id;
    try {
      id = AuthId.parse(PercentCoding.decode(value.substring(0, colon), false));
    } catch (BackupException e) {
      throw new BackupException(Kind.UNAUTHENTICATED, "invalid token name", e);
    }
    if (!id.isToken()) {
      throw Tickets.refused("invalid token name");
    }
    if (!access.active(id)) {
      throw Tickets.refused("user account or token disabled or expired.");
    }
    Secret secret = new Secret(PercentCoding.decode(value.substring(colon + 1), false));
    String hash = tokens.hash(id.toString());
    if (hash == null) {
      throw Tickets.refused("invalid credentials");
    }
    Digest mac = mac(secret);
    Verified known = verified.get(id);
    if (known != null && known.hash().equals(hash) && known.secretMac().equals(mac)) {
      return id;
    }
    if (!matches(id, secret, hash)) {
      throw Tickets.refused("invalid credentials");
    }
    verified.put(id, new Verified(hash, mac));
    return id;
  }

  private AuthId local(String secret) {
    if (!localSecret.equals(new Secret(secret.strip()))) {
      throw Tickets.refused("invalid credentials");
    }
    return AuthId.ROOT;
  }

  private void requireActive(AuthId user) {
    if (!access.active(user)) {
      throw Tickets.refused("user account disabled or expired.");
    }
  }

  private static boolean matches(AuthId id, Secret secret, String hash) {
    try {
      return Hashes.verify(secret, hash);
    } catch (BackupException e) {
      throw new BackupException(Kind.UNAUTHENTICATED, "'" + id + "': " + e.text(), e);
    }
  }

  /** The ticket of a {@code Cookie} header; a {@code __Host-} one hides the other. */
  public static @Nullable String ticket(@Nullable String header) {
    String ticket = cookie(header, HOST_COOKIE);
    return ticket != null ? ticket : cookie(header, COOKIE);
  }

  private static @Nullable String cookie(@Nullable String header, String name) {
    if (header == null) {
      return null;
    }
    for (String pair : header.split(";", -1)) {
      String stripped = pair.strip();
      if (stripped.startsWith(name)) {
        return PercentCoding.decode(stripped.substring(name.length()), false);
      }
    }
    return null;
  }

  private Digest mac(Secret secret) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(cacheKey);
      return Digest.of(mac.doFinal(secret.reveal().getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HMAC-SHA256", e);
    }
  }

  private Instant now() {
    return clock.instant();
  }
}
