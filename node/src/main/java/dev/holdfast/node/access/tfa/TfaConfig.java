package dev.holdfast.node.access.tfa;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Second factors of all users, {@code tfa.json} (spec/protocols.md §2.7, spec/formats.md §10.9):
 *
 * <pre>
 * file     := { "webauthn"?: {rp, origin?, id, allow-subdomains?}, "u2f"?: any, "users"?: {USERID: user} }
 * user     := { "totp"?: [factor], "u2f"?: [factor], "webauthn"?: [factor], "yubico"?: [factor],
 *               "recovery"?: {secret, entries: [hash or null], created},
 *               "totp-locked"?: bool, "tfa-locked-until"?: epoch }
 * factor   := { id, description, created, enable?: bool, entry: any }
 * </pre>
 *
 * What this node cannot use is kept as it is. Immutable.
 */
public final class TfaConfig {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<FactorKind> LISTS =
      List.of(FactorKind.TOTP, FactorKind.U2F, FactorKind.WEBAUTHN, FactorKind.YUBICO);

  private final @Nullable WebauthnSettings webauthn;
  private final @Nullable JsonNode u2f;
  private final SortedMap<AuthId, UserFactors> users;

  private TfaConfig(
      @Nullable WebauthnSettings webauthn,
      @Nullable JsonNode u2f,
      SortedMap<AuthId, UserFactors> users) {
    this.webauthn = webauthn;
    this.u2f = u2f;
    this.users = Collections.unmodifiableSortedMap(new TreeMap<>(users));
  }

  public @Nullable WebauthnSettings webauthn() {
    return webauthn;
  }

  /** Those that have any. */
  public SortedMap<AuthId, UserFactors> users() {
    return users;
  }

  /** None for whom the file does not know. */
  public UserFactors user(AuthId user) {
    return users.getOrDefault(user, UserFactors.NONE);
  }

  /** With all factors of a user in place of those that he has. */
  public TfaConfig withUser(AuthId user, UserFactors factors) {
    return with(user, old -> factors);
  }

  TfaConfig with(AuthId user, UnaryOperator<UserFactors> change) {
    SortedMap<AuthId, UserFactors> changed = new TreeMap<>(users);
    UserFactors factors = change.apply(user(user));
    if (factors.isEmpty()) {
      changed.remove(user);
    } else {
      changed.put(user, factors);
    }
    return new TfaConfig(webauthn, u2f, changed);
  }

  public TfaConfig withWebauthn(@Nullable WebauthnSettings settings) {
    return new TfaConfig(settings, u2f, users);
  }

  // ---- reading ----

  /** Throws INVALID_INPUT saying where, and nothing of the content, which is secret. */
  public static TfaConfig parse(String text) {
    if (text.isBlank()) {
      return new TfaConfig(null, null, new TreeMap<>());
    }
    JsonNode file;
    try {
      file = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new BackupException(BackupException.Kind.INVALID_INPUT, "not JSON", e);
    }
    SortedMap<AuthId, UserFactors> users = new TreeMap<>();
    for (Map.Entry<String, JsonNode> user : file.path("users").properties()) {
      users.put(AuthId.parse(user.getKey()), user(user.getKey(), user.getValue()));
    }
    return new TfaConfig(settings(file.get("webauthn")), file.get("u2f"), users);
  }

  /** Null for none; throws INVALID_INPUT naming what is missing. */
  public static @Nullable WebauthnSettings settings(@Nullable JsonNode json) {
    if (json == null || json.isNull()) {
      return null;
    }
    JsonNode subdomains = json.get("allow-subdomains");
    return new WebauthnSettings(
        text("webauthn", json, "rp"),
        json.path("origin").textValue(),
        text("webauthn", json, "id"),
        (subdomains == null || subdomains.isNull()) ? null : subdomains.asBoolean());
  }

  private static UserFactors user(String user, JsonNode json) {
    List<Factor> factors = new ArrayList<>();
    for (FactorKind kind : LISTS) {
      for (JsonNode factor : json.path(kind.text())) {
        String place = "'" + user + "': " + kind.text();
        factors.add(
            new Factor(
                kind,
                text(place, factor, "id"),
                factor.path("description").asText(""),
                factor.path("created").asLong(0),
                factor.path("enable").asBoolean(true),
                member(place, factor, "entry")));
      }
    }
    return new UserFactors(
        factors,
        recovery(user, json.get(FactorKind.RECOVERY.text())),
        json.path("totp-locked").asBoolean(false),
        json.path("tfa-locked-until").asLong(0));
  }

  private static @Nullable RecoveryKeys recovery(String user, @Nullable JsonNode json) {
    if (json == null || json.isNull()) {
      return null;
    }
    String place = "'" + user + "': recovery";
    List<@Nullable String> hashes = new ArrayList<>();
    member(place, json, "entries").forEach(hash -> hashes.add(hash.textValue()));
    return new RecoveryKeys(text(place, json, "secret"), hashes, json.path("created").asLong(0));
  }

  private static JsonNode member(String place, JsonNode json, String name) {
    JsonNode value = json.get(name);
    if (value == null || value.isNull()) {
      throw BackupException.invalid(place + " has no '" + name + "'");
    }
    return value;
  }

  private static String text(String place, JsonNode json, String name) {
    JsonNode value = member(place, json, name);
    if (!value.isTextual()) {
      throw BackupException.invalid(place + ": '" + name + "' is no text");
    }
    return value.textValue();
  }

  // ---- writing ----

  public String format() {
    ObjectNode file = object();
    if (webauthn != null) {
      file.set("webauthn", json(webauthn));
    }
    if (u2f != null) {
      file.set("u2f", u2f);
    }
    ObjectNode all = file.putObject("users");
    users.forEach((id, user) -> all.set(id.toString(), json(user)));
    return file.toString();
  }

  /** As in the file, and as the API shows it. */
  public static ObjectNode json(WebauthnSettings settings) {
    ObjectNode json = object().put("rp", settings.rp());
    if (settings.origin() != null) {
      json.put("origin", settings.origin());
    }
    json.put("id", settings.id());
    if (settings.allowSubdomains() != null) {
      json.put("allow-subdomains", settings.allowSubdomains());
    }
    return json;
  }

  private static ObjectNode json(UserFactors user) {
    ObjectNode json = object();
    for (FactorKind kind : LISTS) {
      List<Factor> factors = user.factors().stream().filter(f -> f.kind() == kind).toList();
      if (!factors.isEmpty()) {
        ArrayNode list = json.putArray(kind.text());
        factors.forEach(factor -> list.add(json(factor)));
      }
    }
    RecoveryKeys recovery = user.recovery();
    if (recovery != null) {
      ObjectNode set = json.putObject(FactorKind.RECOVERY.text());
      ArrayNode entries = set.put("secret", recovery.salt()).putArray("entries");
      recovery.hashes().forEach(entries::add);
      set.put("created", recovery.created());
    }
    if (user.totpLocked()) {
      json.put("totp-locked", true);
    }
    if (user.lockedUntil() > 0) {
      json.put("tfa-locked-until", user.lockedUntil());
    }
    return json;
  }

  private static ObjectNode json(Factor factor) {
    ObjectNode json = object().put("id", factor.id());
    if (!factor.enabled()) {
      json.put("enable", false);
    }
    return json.put("description", factor.description())
        .put("created", factor.created())
        .set("entry", factor.entry());
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
