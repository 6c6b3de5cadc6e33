package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Authenticator;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.RandomIds;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.access.UserConfig;
import dev.holdfast.node.access.UserConfig.Entry;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Users and their tokens (spec/rest-api.md §6.9). */
final class UserEndpoints {
  /** Lengths of 3.2.4. */
  static final Param NEW_PASSWORD = Param.text("password", 5, 64, "\\P{Cntrl}*");

  private static final String USERS = "/access/users";
  private static final String USER = USERS + "/{userid}";
  private static final String TOKENS = USER + "/token";
  private static final String TOKEN = TOKENS + "/{token-name}";

  private static final Param USER_ID = Param.userId("userid");
  private static final Param TOKEN_NAME = Param.safeId("token-name", 3, 64);
  private static final Param ENABLE = Param.bool("enable");
  private static final Param EXPIRE = Param.integer("expire", 0, Long.MAX_VALUE).orNone();
  private static final Param FIRST_NAME = Param.text("firstname", 2, 64, "\\P{Cntrl}*").orNone();
  private static final Param LAST_NAME = Param.text("lastname", 2, 64, "\\P{Cntrl}*").orNone();
  private static final Param EMAIL = Param.text("email", 2, 64, "\\P{Cntrl}*").orNone();
  private static final List<String> DELETABLE =
      List.of("comment", "firstname", "lastname", "email");

  private static final Shape.Fields STATE =
      Shape.object(
          Field.text("comment").orNone(),
          Field.flag("enable").orNone().meaning("absent: true"),
          Field.integer("expire").orNone().meaning("seconds since 1970; 0 or absent: never"));

  private static final Shape.Fields USER_SHAPE =
      Shape.object(Field.text("userid"))
          .and(STATE)
          .and(Field.of(FIRST_NAME), Field.of(LAST_NAME), Field.of(EMAIL));

  private static final Shape.Fields TOKEN_SHAPE = Shape.object(Field.text("tokenid")).and(STATE);
  private static final Shape WITH_TOKENS =
      USER_SHAPE.and(Field.of("tokens", TOKEN_SHAPE.list()).orNone());

  /** Whoever has the privilege on all users, or the user himself; a token is never its user. */
  private static Rule rule(Privilege privilege) {
    return Rule.anyOrSelf(USERS, privilege, "userid");
  }

  private final AccessState access;

  UserEndpoints(AccessState access) {
    this.access = access;
  }

  void register(ApiRouter router) {
    Rule modify = Rule.any(USERS, Privilege.PERMISSIONS_MODIFY);
    router.add(
        "GET",
        USERS,
        new Endpoint(
            Doc.list(
                    "Lists users.",
                    WITH_TOKENS,
                    "the caller himself, or all with Sys.Audit on " + USERS)
                .withDigest(),
            ParamSchema.of(Param.bool("include_tokens")),
            Rule.ANYBODY,
            this::listUsers));
    router.add(
        "POST",
        USERS,
        new Endpoint(
            Doc.nothing("Makes a user."),
            ParamSchema.of(
                USER_ID,
                NEW_PASSWORD.orNone(),
                Param.COMMENT,
                ENABLE,
                EXPIRE,
                FIRST_NAME,
                LAST_NAME,
                EMAIL),
            modify,
            this::createUser));
    router.add(
        "GET",
        USER,
        new Endpoint(
            Doc.of("Shows a user.", USER_SHAPE, "his properties").withDigest(),
            ParamSchema.of(USER_ID),
            rule(Privilege.SYS_AUDIT),
            this::user));
    router.add(
        "PUT",
        USER,
        new Endpoint(
            Doc.nothing("Changes a user."),
            ParamSchema.of(
                USER_ID,
                NEW_PASSWORD.orNone(), // taken and ignored since 3.x
                Param.COMMENT,
                ENABLE,
                EXPIRE,
                FIRST_NAME,
                LAST_NAME,
                EMAIL,
                Param.choice("delete", DELETABLE.toArray(String[]::new)).orNone().list(),
                Param.DIGEST),
            rule(Privilege.PERMISSIONS_MODIFY),
            this::updateUser));
    router.add(
        "DELETE",
        USER,
        new Endpoint(
            Doc.nothing("Removes a user with his tokens and access control entries."),
            ParamSchema.of(USER_ID, Param.DIGEST),
            rule(Privilege.PERMISSIONS_MODIFY),
            call -> remove(call, AuthId.parse(call.params().text("userid")))));
    registerTokens(router);
  }

  private void registerTokens(ApiRouter router) {
    router.add(
        "GET",
        TOKENS,
        new Endpoint(
            Doc.list(
                    "Lists the API tokens of a user.",
                    TOKEN_SHAPE.and(Field.text("token-name")),
                    "tokens without their secrets")
                .withDigest(),
            ParamSchema.of(USER_ID),
            rule(Privilege.SYS_AUDIT),
            this::listTokens));
    router.add(
        "GET",
        TOKEN,
        new Endpoint(
            Doc.of("Shows an API token.", TOKEN_SHAPE, "its properties").withDigest(),
            ParamSchema.of(USER_ID, TOKEN_NAME),
            rule(Privilege.SYS_AUDIT),
            call -> {
              StateFile.Loaded<UserConfig> users = users().load();
              return ApiResult.of(json(require(users.value(), tokenId(call.params()))))
                  .with("digest", users.digest().hex());
            }));
    router.add(
        "POST",
        TOKEN,
        new Endpoint(
            Doc.of(
                "Makes an API token.",
                Shape.object(Field.text("tokenid"), Field.text("value")),
                "its id and, this once, its secret"),
            ParamSchema.of(USER_ID, TOKEN_NAME, Param.COMMENT, ENABLE, EXPIRE, Param.DIGEST),
            rule(Privilege.PERMISSIONS_MODIFY),
            this::createToken));
    router.add(
        "PUT",
        TOKEN,
        new Endpoint(
            Doc.of(
                "Changes an API token.",
                Shape.object(Field.text("secret")).orNull(),
                "its new secret, if one was asked for"),
            ParamSchema.of(
                USER_ID,
                TOKEN_NAME,
                Param.COMMENT,
                ENABLE,
                EXPIRE,
                Param.choice("delete", "comment").orNone().list(),
                Param.bool("regenerate"),
                Param.DIGEST),
            rule(Privilege.PERMISSIONS_MODIFY),
            this::updateToken));
    router.add(
        "DELETE",
        TOKEN,
        new Endpoint(
            Doc.nothing("Removes an API token."),
            ParamSchema.of(USER_ID, TOKEN_NAME, Param.DIGEST),
            rule(Privilege.PERMISSIONS_MODIFY),
            call -> remove(call, tokenId(call.params()))));
  }

  private StateFile<UserConfig> users() {
    return access.control().users();
  }

  // ---- users ----

  private ApiResult listUsers(ApiCall call) {
    StateFile.Loaded<UserConfig> loaded = users().load();
    AccessControl control = access.control();
    boolean all = control.any(call.who(), USERS, Set.of(Privilege.SYS_AUDIT));
    ArrayNode list = Json.array();
    for (Entry user : withRoot(loaded.value())) {
      if (all || user.id().equals(call.who())) {
        ObjectNode json = json(user);
        if (call.params().bool("include_tokens", false)) {
          ArrayNode tokens = json.putArray("tokens");
          loaded.value().tokens(user.id()).forEach(token -> tokens.add(json(token)));
        }
        list.add(json);
      }
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  /** The superuser exists whether written down or not. */
  private static List<Entry> withRoot(UserConfig config) {
    List<Entry> users = config.users();
    if (users.stream().anyMatch(user -> user.id().equals(AuthId.ROOT))) {
      return users;
    }
    List<Entry> more = new ArrayList<>(users);
    more.add(Entry.of(AuthId.ROOT).with("comment", "Superuser"));
    return List.copyOf(more);
  }

  private ApiResult user(ApiCall call) {
    StateFile.Loaded<UserConfig> loaded = users().load();
    AuthId id = AuthId.parse(call.params().text("userid"));
    return ApiResult.of(json(require(loaded.value(), id))).with("digest", loaded.digest().hex());
  }

  private ApiResult createUser(ApiCall call) {
    AuthId id = AuthId.parse(call.params().text("userid"));
    if (!access.realms().value().exists(id.realm())) {
      throw BackupException.invalid("realm '" + id.realm() + "' does not exist.");
    }
    users()
        .update(
            old -> {
              if (withRoot(old).stream().anyMatch(user -> user.id().equals(id))) {
                throw BackupException.invalid("user '" + id + "' already exists.");
              }
              return old.with(changed(Entry.of(id), call.params()));
            });
    if (call.params().has("password") && id.realm().equals(Authenticator.REALM_LOCAL)) {
      access.authenticator().setPassword(id, new Secret(call.params().text("password")));
    }
    return ApiResult.none();
  }

  private ApiResult updateUser(ApiCall call) {
    AuthId id = AuthId.parse(call.params().text("userid"));
    users()
        .update(call.params().digest(), old -> old.with(changed(require(old, id), call.params())));
    return ApiResult.none();
  }

  private ApiResult remove(ApiCall call, AuthId id) {
    require(users().value(), id);
    access.remove(id, call.params().digest());
    return ApiResult.none();
  }

  // ---- tokens ----

  private ApiResult listTokens(ApiCall call) {
    StateFile.Loaded<UserConfig> loaded = users().load();
    AuthId user = AuthId.parse(call.params().text("userid"));
    ArrayNode list = Json.array();
    for (Entry token : loaded.value().tokens(user)) {
      list.add(json(token).put("token-name", token.id().token()));
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private ApiResult createToken(ApiCall call) {
    AuthId id = tokenId(call.params());
    users()
        .update(
            call.params().digest(),
            old -> {
              require(old, id.owner());
              if (old.exists(id)) {
                throw BackupException.invalid(
                    "token '" + id.token() + "' for user '" + id.owner() + "' already exists.");
              }
              return old.with(changed(Entry.of(id), call.params()));
            });
    return ApiResult.of(
        Json.object().put("tokenid", id.toString()).put("value", newSecret(id).reveal()));
  }

  private ApiResult updateToken(ApiCall call) {
    AuthId id = tokenId(call.params());
    users()
        .update(call.params().digest(), old -> old.with(changed(require(old, id), call.params())));
    return call.params().bool("regenerate", false)
        ? ApiResult.of(Json.object().put("secret", newSecret(id).reveal()))
        : ApiResult.none();
  }

  /** The only time the secret is seen: what is kept is its hash. */
  private Secret newSecret(AuthId token) {
    Secret secret = new Secret(RandomIds.uuid(access.directory().random()));
    access.tokens().set(token.toString(), secret);
    return secret;
  }

  // ---- shared ----

  private static AuthId tokenId(Params params) {
    return AuthId.parse(params.text("userid")).withToken(params.text("token-name"));
  }

  private static Entry require(UserConfig config, AuthId id) {
    Entry entry = config.find(id);
    if (entry == null) {
      throw BackupException.invalid(
          id.isToken()
              ? "token '" + id.token() + "' of user '" + id.owner() + "' does not exist."
              : "user '" + id + "' does not exist.");
    }
    return entry;
  }

  private static Entry changed(Entry entry, Params params) {
    Entry changed = entry;
    for (String key : params.texts("delete")) {
      changed = changed.with(key, null);
    }
    for (String key : DELETABLE) {
      String value = params.optionalText(key).orElse(null);
      if (value != null) {
        String stripped = value.strip();
        changed = changed.with(key, stripped.isEmpty() ? null : stripped);
      }
    }
    if (params.has("enable")) {
      changed = changed.with("enable", Boolean.toString(params.bool("enable", true)));
    }
    if (params.has("expire")) {
      changed = changed.with("expire", Long.toString(params.integer("expire")));
    }
    return changed;
  }

  private static ObjectNode json(Entry entry) {
    ObjectNode json =
        Json.object().put(entry.id().isToken() ? "tokenid" : "userid", entry.id().toString());
    for (Map.Entry<String, String> property : entry.properties().entrySet()) {
      switch (property.getKey()) {
        case "enable" -> json.put("enable", entry.enabled());
        case "expire" -> json.put("expire", entry.expire());
        default -> json.put(property.getKey(), property.getValue());
      }
    }
    return json;
  }
}
