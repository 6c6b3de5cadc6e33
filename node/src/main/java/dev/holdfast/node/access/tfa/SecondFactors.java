package dev.holdfast.node.access.tfa;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.RandomIds;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The second step of logins: what a user may be asked for, whether his response is right, and the
 * lock against guessing (spec/protocols.md §2.7). Reads and writes {@code tfa.json}: never on an
 * event loop. Any thread.
 */
public final class SecondFactors {
  /** Name of a user's recovery keys among his factors. */
  public static final String RECOVERY_ID = "recovery";

  /** Wrong one-time codes in a row, after which they do not count any more. */
  static final int TOTP_FAILURES_MAX = 8;

  /** Wrong responses in a row, after which nothing counts for a time. */
  static final int FAILURES_MAX = 100;

  static final Duration LOCK_TIME = Duration.ofHours(1);

  private final StateFile<TfaConfig> file;
  private final StateDirectory directory;
  private final InstantSource clock;

  /** Since the last right response; a restart forgets them, locks it does not. */
  private final Map<AuthId, Failures> failures = new HashMap<>();

  private final Webauthn webauthn;
  private final PendingChallenges registrations = new PendingChallenges();
  private final PendingChallenges logins = new PendingChallenges();

  private record Failures(int totp, int all) {
    static final Failures NONE = new Failures(0, 0);

    Failures with(FactorKind kind) {
      return new Failures(totp + (kind == FactorKind.TOTP ? 1 : 0), all + 1);
    }
  }

  public SecondFactors(StateDirectory directory, InstantSource clock) {
    this.file = new StateFile<>(directory, "tfa.json", TfaConfig::parse, TfaConfig::format);
    this.directory = directory;
    this.clock = clock;
    this.webauthn = new Webauthn(directory.random());
  }

  public StateFile<TfaConfig> file() {
    return file;
  }

  public UserFactors of(AuthId user) {
    return file.value().user(user);
  }

  // ---- login ----

  /** What the user may answer with, as JSON for his client; empty when the password is enough. */
  public Optional<String> challenge(AuthId user) {
    UserFactors factors = of(user);
    if (!factors.isNeeded()) {
      return Optional.empty();
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (!factors.totpLocked() && !factors.enabled(FactorKind.TOTP).isEmpty()) {
      json.put(FactorKind.TOTP.text(), true);
    }
    RecoveryKeys recovery = factors.recovery();
    if (recovery != null && !recovery.unused().isEmpty()) {
      ArrayNode unused = json.putArray(FactorKind.RECOVERY.text());
      recovery.unused().forEach(unused::add);
    }
    WebauthnSettings site = file.value().webauthn();
    List<Factor> keys = factors.enabled(FactorKind.WEBAUTHN);
    if (site != null && !keys.isEmpty()) {
      ObjectNode request = webauthn.request(site, keys);
      logins.add(Webauthn.challengeIn(request), user, "", clock.instant());
      json.set(FactorKind.WEBAUTHN.text(), request);
    }
    return Optional.of(json.toString());
  }

  /**
   * Checks a response, {@code KIND:VALUE}, and uses it up. Throws UNAUTHENTICATED with the reason,
   * which the client must not learn.
   */
  public synchronized void verify(AuthId user, Secret response) {
    String text = response.reveal();
    int colon = text.indexOf(':');
    FactorKind kind = kind(colon < 0 ? "" : text.substring(0, colon));
    Instant now = clock.instant();
    UserFactors factors = of(user);
    if (factors.isLocked(now)) {
      throw refused("second factors are locked for a time after too many failures");
    }
    Check check = check(user, factors, kind, text.substring(colon + 1), now);
    UserFactors right = check.after();
    UserFactors after = right == null ? failed(user, factors, kind, now) : right;
    if (!after.equals(factors)) {
      file.update(config -> config.with(user, old -> after));
    }
    if (right == null) {
      throw refused(check.reason());
    }
    failures.remove(user);
  }

  /**
   * What became of a response.
   *
   * @param after the user's factors with the response used up, null if it was wrong
   */
  private record Check(@Nullable UserFactors after, String reason) {
    static Check of(Optional<UserFactors> after, FactorKind kind) {
      return new Check(after.orElse(null), "wrong response of kind '" + kind.text() + "'");
    }
  }

  private Check check(
      AuthId user, UserFactors factors, FactorKind kind, String value, Instant now) {
    return switch (kind) {
      case TOTP -> Check.of(totp(factors, value, now), kind);
      case RECOVERY -> Check.of(recovery(factors, value), kind);
      case WEBAUTHN -> assertion(user, factors, value, now);
      case U2F, YUBICO -> Check.of(Optional.empty(), kind);
    };
  }

  private Check assertion(AuthId user, UserFactors factors, String value, Instant now) {
    try {
      JsonNode answer = Webauthn.parse(value);
      String challenge = Webauthn.challengeOf(answer);
      if (logins.take(challenge, user, now) == null) {
        return new Check(null, "webauthn response to what was not asked, or long ago");
      }
      WebauthnSettings site = Webauthn.required(file.value());
      for (Factor key : factors.enabled(FactorKind.WEBAUTHN)) {
        if (Webauthn.isOf(key, answer)) {
          JsonNode entry = webauthn.asserted(site, challenge, key.entry(), answer);
          return new Check(factors.changed(key.id(), old -> old.withEntry(entry)), "");
        }
      }
      return new Check(null, "webauthn response of an unknown key");
    } catch (BackupException e) {
      return new Check(null, e.text());
    }
  }

  private static FactorKind kind(String text) {
    try {
      return FactorKind.parse(text);
    } catch (BackupException e) {
      throw new BackupException(Kind.UNAUTHENTICATED, "response of no known kind", e);
    }
  }

  private static Optional<UserFactors> totp(UserFactors factors, String code, Instant now) {
    if (factors.totpLocked()) {
      return Optional.empty();
    }
    for (Factor factor : factors.enabled(FactorKind.TOTP)) {
      Totp totp = Totp.ofEntry(factor.entry());
      OptionalLong step = totp.accepts(code, now);
      if (step.isPresent()) {
        return Optional.of(
            factors.changed(factor.id(), old -> old.withEntry(totp.entry(step.getAsLong()))));
      }
    }
    return Optional.empty();
  }

  /** Who has one of these is no guesser: the one-time codes count again. */
  private static Optional<UserFactors> recovery(UserFactors factors, String key) {
    RecoveryKeys keys = factors.recovery();
    return keys == null
        ? Optional.empty()
        : keys.use(key).map(left -> factors.withRecovery(left).withTotpLocked(false));
  }

  private UserFactors failed(AuthId user, UserFactors factors, FactorKind kind, Instant now) {
    Failures count = failures.getOrDefault(user, Failures.NONE).with(kind);
    failures.put(user, count);
    UserFactors after = factors;
    if (count.totp() >= TOTP_FAILURES_MAX) {
      after = after.withTotpLocked(true);
    }
    if (count.all() >= FAILURES_MAX) {
      failures.remove(user);
      after = after.withLockedUntil(now.plus(LOCK_TIME).getEpochSecond());
    }
    return after;
  }

  private static BackupException refused(String reason) {
    return new BackupException(Kind.UNAUTHENTICATED, reason);
  }

  // ---- administration ----

  /**
   * Adds one-time codes; the first of them shows that the user's device has the secret, and is used
   * up by that. Returns the id.
   */
  public synchronized String addTotp(AuthId user, String description, String uri, String code) {
    Totp totp = Totp.parse(uri);
    Instant now = clock.instant();
    long step =
        totp.accepts(code, now)
            .orElseThrow(() -> BackupException.invalid("failed to verify TOTP challenge"));
    return added(user, FactorKind.TOTP, description, now, totp.entry(step));
  }

  /**
   * The first step of adding an authenticator: what the browser is to ask it, as JSON. Throws
   * INVALID_INPUT when nobody said who this node is.
   */
  public String startWebauthn(AuthId user, String description) {
    ObjectNode creation =
        webauthn.creation(
            Webauthn.required(file.value()), user, of(user).enabled(FactorKind.WEBAUTHN));
    registrations.add(Webauthn.challengeIn(creation), user, description, clock.instant());
    return creation.toString();
  }

  /** The second one: what the browser answered. Returns the id; throws INVALID_INPUT. */
  public synchronized String finishWebauthn(AuthId user, String response) {
    Instant now = clock.instant();
    JsonNode answer = Webauthn.parse(response);
    String challenge = Webauthn.challengeOf(answer);
    PendingChallenges.Pending asked = registrations.take(challenge, user, now);
    if (asked == null) {
      throw BackupException.invalid("no such challenge, or it is too old");
    }
    JsonNode entry = webauthn.registered(Webauthn.required(file.value()), challenge, answer);
    return added(user, FactorKind.WEBAUTHN, asked.description(), now, entry);
  }

  private String added(
      AuthId user, FactorKind kind, String description, Instant now, JsonNode entry) {
    String id = RandomIds.uuid(directory.random());
    Factor factor = new Factor(kind, id, description, now.getEpochSecond(), true, entry);
    file.update(config -> config.with(user, old -> old.with(factor)));
    return id;
  }

  /** Makes recovery keys and returns them, this once. */
  public synchronized List<Secret> addRecovery(AuthId user) {
    if (of(user).recovery() != null) {
      throw BackupException.invalid("user already has recovery keys");
    }
    RecoveryKeys.Fresh fresh =
        RecoveryKeys.generate(directory.random(), clock.instant().getEpochSecond());
    file.update(config -> config.with(user, old -> old.withRecovery(fresh.stored())));
    return fresh.keys();
  }

  /** Throws NOT_FOUND. */
  public synchronized void change(
      AuthId user, String id, @Nullable String description, @Nullable Boolean enabled) {
    if (of(user).find(id) == null) {
      throw absent(id);
    }
    UnaryOperator<Factor> change =
        factor -> {
          Factor described = description == null ? factor : factor.withDescription(description);
          return enabled == null ? described : described.withEnabled(enabled);
        };
    file.update(config -> config.with(user, old -> old.changed(id, change)));
  }

  /** One factor, or all recovery keys. Throws NOT_FOUND. */
  public synchronized void remove(AuthId user, String id) {
    UserFactors factors = of(user);
    boolean recovery = id.equals(RECOVERY_ID) && factors.recovery() != null;
    if (!recovery && factors.find(id) == null) {
      throw absent(id);
    }
    UserFactors left = recovery ? factors.withRecovery(null) : factors.without(id);
    file.update(config -> config.with(user, old -> left));
  }

  /** Everything of a user who is gone. */
  public synchronized void removeAll(AuthId user) {
    if (file.value().users().containsKey(user)) {
      file.update(config -> config.with(user, old -> UserFactors.NONE));
    }
    failures.remove(user);
  }

  /** Takes both locks away; false when there was none. */
  public synchronized boolean unlock(AuthId user) {
    failures.remove(user);
    UserFactors factors = of(user);
    boolean locked = factors.totpLocked() || factors.isLocked(clock.instant());
    if (locked) {
      UserFactors unlocked = factors.withTotpLocked(false).withLockedUntil(0);
      file.update(config -> config.with(user, old -> unlocked));
    }
    return locked;
  }

  public static BackupException absent(String id) {
    return BackupException.notFound("no such tfa entry: " + id);
  }
}
