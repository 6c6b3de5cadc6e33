package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.tfa.Factor;
import dev.holdfast.node.access.tfa.FactorKind;
import dev.holdfast.node.access.tfa.RecoveryKeys;
import dev.holdfast.node.access.tfa.SecondFactors;
import dev.holdfast.node.access.tfa.UserFactors;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

/**
 * The second factors of users (spec/rest-api.md §6.9). Whoever changes some shows his own password
 * again, so that a ticket that was left lying about does not take an account over; {@code root@pam}
 * alone does without.
 */
final class TfaEndpoints {

  private static final Shape FACTOR =
      Shape.object(
          Field.of("type", Shape.oneOf("totp", "u2f", "webauthn", "recovery", "yubico")),
          Field.text("id"),
          Field.text("description"),
          Field.integer("created").meaning("seconds since 1970"),
          Field.flag("enable").orNone().meaning("absent: true"));

  private static final Shape OF_ONE_USER =
      Shape.object(
          Field.text("userid"),
          Field.of("entries", FACTOR.list()),
          Field.flag("totp-locked").orNone(),
          Field.integer("tfa-locked-until").orNone().meaning("seconds since 1970"));

  private static final Shape ADDED =
      Shape.object(
          Field.text("id").orNone(),
          Field.of("recovery", Value.TEXT.list()).orNone().meaning("keys, shown this once"),
          Field.text("challenge").orNone().meaning("JSON for the browser's authenticator"));

  private static final String USERS = "/access/users";
  private static final String TFA = "/access/tfa";
  private static final String OF_USER = TFA + "/{userid}";
  private static final String ENTRY = OF_USER + "/{id}";

  private static final Param USER_ID = Param.userId("userid");
  private static final Param ID = Param.text("id", 1, 64, "[A-Za-z0-9_\\-]+");
  private static final Param DESCRIPTION =
      Param.text("description", 0, 255, "\\P{Cntrl}*").orNone();
  private static final Param PASSWORD = Param.text("password", 1, 1024, "\\P{Cntrl}*").orNone();

  private final AccessState access;

  TfaEndpoints(AccessState access) {
    this.access = access;
  }

  void register(ApiRouter router) {
    Rule own = Rule.anyOrSelf(USERS, Privilege.PERMISSIONS_MODIFY, "userid");
    router.add(
        "GET",
        TFA,
        new Endpoint(
            Doc.list(
                "Lists second factors by user.",
                OF_ONE_USER,
                "the caller's own, or all with Sys.Audit on " + USERS),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::listAll));
    router.add(
        "GET",
        OF_USER,
        new Endpoint(
            Doc.list(
                "Lists the second factors of a user.", FACTOR, "factors without their secrets"),
            ParamSchema.of(USER_ID),
            own,
            call -> ApiResult.of(entries(access.factors().of(user(call))))));
    router.add(
        "POST",
        OF_USER,
        new Endpoint(
            Doc.of("Adds a second factor.", ADDED, "its id, and what is shown this once")
                .fails(501, "this node does not know the kind"),
            ParamSchema.of(
                USER_ID,
                Param.choice("type", "totp", "u2f", "webauthn", "recovery", "yubico"),
                DESCRIPTION,
                Param.anyText("totp").orNone(),
                Param.anyText("value").orNone(),
                Param.anyText("challenge").orNone(),
                PASSWORD),
            own,
            this::add));
    router.add(
        "GET",
        ENTRY,
        new Endpoint(
                Doc.of("Shows a second factor.", FACTOR, "the factor without its secret"),
                ParamSchema.of(USER_ID, ID),
                own,
                call -> ApiResult.of(entry(user(call), call.params().text("id"))))
            .absentIs404());
    router.add(
        "PUT",
        ENTRY,
        new Endpoint(
                Doc.nothing("Changes a second factor."),
                ParamSchema.of(USER_ID, ID, DESCRIPTION, Param.bool("enable"), PASSWORD),
                own,
                this::change)
            .absentIs404());
    router.add(
        "DELETE",
        ENTRY,
        new Endpoint(
                Doc.nothing("Removes a second factor, or all recovery keys."),
                ParamSchema.of(USER_ID, ID, PASSWORD),
                own,
                this::remove)
            .absentIs404());
    router.add(
        "PUT",
        USERS + "/{userid}/unlock-tfa",
        new Endpoint(
            Doc.flag(
                "Unlocks the second factors of a user after too many failures.",
                "whether they were locked"),
            ParamSchema.of(USER_ID),
            Rule.any(USERS, Privilege.PERMISSIONS_MODIFY),
            call -> ApiResult.of(access.factors().unlock(user(call)))));
  }

  private static AuthId user(ApiCall call) {
    return AuthId.parse(call.params().text("userid"));
  }

  // ---- lists ----

  private ApiResult listAll(ApiCall call) {
    boolean all = access.control().any(call.who(), USERS, Set.of(Privilege.SYS_AUDIT));
    ArrayNode list = Json.array();
    for (Map.Entry<AuthId, UserFactors> user : access.factors().file().value().users().entrySet()) {
      if (all || user.getKey().equals(call.who())) {
        UserFactors factors = user.getValue();
        ObjectNode json = list.addObject().put("userid", user.getKey().toString());
        json.set("entries", entries(factors));
        if (factors.totpLocked()) {
          json.put("totp-locked", true);
        }
        if (factors.isLocked(Instant.now())) {
          json.put("tfa-locked-until", factors.lockedUntil());
        }
      }
    }
    return ApiResult.of(list);
  }

  private static ArrayNode entries(UserFactors user) {
    ArrayNode list = Json.array();
    user.factors().forEach(factor -> list.add(json(factor)));
    RecoveryKeys recovery = user.recovery();
    if (recovery != null) {
      list.add(json(recovery));
    }
    return list;
  }

  private ObjectNode entry(AuthId user, String id) {
    UserFactors factors = access.factors().of(user);
    RecoveryKeys recovery = factors.recovery();
    if (id.equals(SecondFactors.RECOVERY_ID) && recovery != null) {
      return json(recovery);
    }
    Factor factor = factors.find(id);
    if (factor == null) {
      throw SecondFactors.absent(id);
    }
    return json(factor);
  }

  private static ObjectNode json(Factor factor) {
    ObjectNode json =
        Json.object()
            .put("type", factor.kind().text())
            .put("id", factor.id())
            .put("description", factor.description())
            .put("created", factor.created());
    return factor.enabled() ? json : json.put("enable", false);
  }

  private static ObjectNode json(RecoveryKeys keys) {
    return Json.object()
        .put("type", FactorKind.RECOVERY.text())
        .put("id", SecondFactors.RECOVERY_ID)
        .put("description", "")
        .put("created", keys.created());
  }

  // ---- changes ----

  private ApiResult add(ApiCall call) {
    AuthId user = user(call);
    confirm(call);
    if (!access.control().users().value().exists(user)) {
      throw BackupException.invalid("user '" + user + "' does not exist.");
    }
    FactorKind kind = FactorKind.parse(call.params().text("type"));
    return switch (kind) {
      case TOTP ->
          ApiResult.of(
              Json.object()
                  .put(
                      "id",
                      access
                          .factors()
                          .addTotp(
                              user,
                              needed(call, "description"),
                              needed(call, "totp"),
                              needed(call, "value"))));
      case RECOVERY -> addRecovery(user);
      case WEBAUTHN -> addWebauthn(user, call);
      case U2F, YUBICO ->
          throw new BackupException(
              BackupException.Kind.NOT_BUILT,
              "second factors of kind '" + kind.text() + "' are not built on this node");
    };
  }

  private ApiResult addRecovery(AuthId user) {
    ObjectNode json = Json.object().put("id", SecondFactors.RECOVERY_ID);
    ArrayNode keys = json.putArray("recovery");
    access.factors().addRecovery(user).forEach(key -> keys.add(key.reveal()));
    return ApiResult.of(json);
  }

  /** In two steps: the second brings what the browser answered. */
  private ApiResult addWebauthn(AuthId user, ApiCall call) {
    if (call.params().has("challenge")) {
      String id = access.factors().finishWebauthn(user, needed(call, "value"));
      return ApiResult.of(Json.object().put("id", id));
    }
    String question = access.factors().startWebauthn(user, needed(call, "description"));
    return ApiResult.of(Json.object().put("challenge", question));
  }

  private static String needed(ApiCall call, String name) {
    return call.params()
        .optionalText(name)
        .orElseThrow(
            () -> ParamSchema.refusal(name, "parameter is missing and it is not optional."));
  }

  private ApiResult change(ApiCall call) {
    confirm(call);
    access
        .factors()
        .change(
            user(call),
            call.params().text("id"),
            call.params().optionalText("description").orElse(null),
            call.params().has("enable") ? call.params().bool("enable", true) : null);
    return ApiResult.none();
  }

  private ApiResult remove(ApiCall call) {
    confirm(call);
    access.factors().remove(user(call), call.params().text("id"));
    return ApiResult.none();
  }

  /**
   * Throws UNAUTHENTICATED when the caller does not show his own password, and PERMISSION when it
   * is about the superuser, whose account no administrator of users may take over.
   */
  private void confirm(ApiCall call) {
    AuthId caller = call.who().owner();
    if (caller.equals(AuthId.ROOT)) {
      return;
    }
    if (user(call).equals(AuthId.ROOT)) {
      throw new BackupException(
          BackupException.Kind.PERMISSION, "only root@pam changes its own second factors");
    }
    Secret password = new Secret(needed(call, PASSWORD.name()));
    access
        .failedLogins()
        .attempt(
            call.remoteAddress(),
            caller.toString(),
            () -> {
              access.authenticator().checkPassword(caller, password);
              return caller;
            });
  }
}
