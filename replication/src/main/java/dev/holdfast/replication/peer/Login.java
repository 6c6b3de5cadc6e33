package dev.holdfast.replication.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The headers that carry a credential. A password becomes a ticket at the first call, which is
 * renewed with itself (spec/protocols.md §2.2) every quarter of an hour and asked for anew when the
 * server no longer takes it.
 */
final class Login {
  /** As the real client does; tickets live for two hours. */
  private static final Duration RENEW_AFTER = Duration.ofMinutes(15);

  /** Beyond this a ticket is worth nothing as a password. */
  private static final Duration TICKET_LIFETIME = Duration.ofHours(2);

  /** How a ticket begins that waits for the second factor. */
  private static final String HALF = "PBS:!tfa!";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Credential credential;
  private final InstantSource clock;
  // Posts to access/ticket and gives the answer's data.
  private final Function<ObjectNode, JsonNode> ask;
  private @Nullable HeldTicket ticket;

  Login(Credential credential, InstantSource clock, Function<ObjectNode, JsonNode> ask) {
    this.credential = credential;
    this.clock = clock;
    this.ask = ask;
  }

  /** What every request carries, GET and upgrades included; may log in first. */
  Map<String, String> headers() {
    return switch (credential) {
      case Credential.Token token ->
          Map.of(
              "Authorization", "PBSAPIToken=" + token.id() + ":" + escape(token.secret().reveal()));
      case Credential.Local local ->
          Map.of("Authorization", "HoldfastLocal " + local.secret().reveal());
      case Credential.Password password -> {
        HeldTicket current = current(password);
        yield Map.of(
            "Cookie",
            "PBSAuthCookie=" + escape(current.ticket().reveal()),
            "CSRFPreventionToken",
            current.csrf().reveal());
      }
    };
  }

  /** What the last login gave, if one was needed. */
  synchronized Optional<HeldTicket> held() {
    return Optional.ofNullable(ticket);
  }

  /** After a 401: whether another try with a new ticket makes sense. */
  synchronized boolean forget() {
    boolean had = ticket != null;
    ticket = null;
    return had;
  }

  private synchronized HeldTicket current(Credential.Password password) {
    Instant now = clock.instant();
    HeldTicket held = ticket;
    if (held != null) {
      Duration age = Duration.between(held.since(), now);
      if (age.compareTo(RENEW_AFTER) < 0 && !age.isNegative()) {
        return held;
      }
      if (age.compareTo(TICKET_LIFETIME) < 0) {
        HeldTicket renewed = renew(password, held, now);
        if (renewed != null) {
          return renewed;
        }
      }
    }
    HeldTicket fresh = logIn(password, password.password(), now);
    ticket = fresh;
    return fresh;
  }

  private @Nullable HeldTicket renew(Credential.Password password, HeldTicket held, Instant now) {
    try {
      ticket = logIn(password, held.ticket(), now);
      return ticket;
    } catch (BackupException e) {
      if (e.kind() != Kind.UNAUTHENTICATED) {
        throw e;
      }
      // The server no longer takes it (its key may be new): the password decides.
      return null;
    }
  }

  private HeldTicket logIn(Credential.Password user, Secret password, Instant now) {
    JsonNode data = ask.apply(form(user, password));
    String half = data.path("ticket").asText("");
    if (half.startsWith(HALF)) {
      Secret answer = user.second().answer(user.user(), offered(half));
      data = ask.apply(form(user, answer).put("tfa-challenge", half));
    }
    String text = data.path("ticket").asText("");
    if (text.isEmpty() || text.startsWith(HALF)) {
      throw new BackupException(
          Kind.UNSUPPORTED_VERSION, "login of '" + user.user() + "' was answered without a ticket");
    }
    return new HeldTicket(
        new Secret(text), new Secret(data.path("CSRFPreventionToken").asText("")), now);
  }

  private static ObjectNode form(Credential.Password user, Secret password) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("username", user.user().toString())
        .put("password", password.reveal());
  }

  /** The members of the challenge that a half ticket carries; none when it cannot be read. */
  private static Set<String> offered(String half) {
    int end = half.indexOf(':', HALF.length());
    String encoded = half.substring(HALF.length(), end < 0 ? half.length() : end);
    Set<String> kinds = new TreeSet<>();
    try {
      JsonNode challenge =
          JSON.readTree(URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8));
      challenge.properties().forEach(kind -> kinds.add(kind.getKey()));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Set.of();
    }
    return kinds;
  }

  /**
   * Percent-encodes what would end a header's value or be decoded again at the other side (§2.4,
   * §2.6).
   */
  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c <= ' ' || c >= 0x7f || "\"#<>`?{};,%".indexOf(c) >= 0) {
        escaped.append('%').append(String.format("%02X", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
