package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Authenticator;
import dev.holdfast.node.access.Authenticator.Login;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Login, realms, passwords (spec/protocols.md §2.2, spec/rest-api.md §6.9). */
final class TicketEndpoints {
  private static final Logger LOG = LoggerFactory.getLogger(TicketEndpoints.class);

  /** What a login may bring: a password, or a whole ticket to renew. */
  private static final Param PASSWORD = Param.text("password", 1, 1024, "\\P{Cntrl}*");

  private final AccessState access;

  TicketEndpoints(AccessState access) {
    this.access = access;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        "/access/ticket",
        new Endpoint(
            ParamSchema.of(
                Param.userId("username"),
                PASSWORD,
                Param.anyText("path").orNone(),
                Param.anyText("privs").orNone(),
                Param.integer("port", 0, 65_535).orNone(),
                Param.anyText("tfa-challenge").orNone()),
            Rule.WORLD,
            this::login));
    router.add(
        "GET", "/access/domains", new Endpoint(ParamSchema.NONE, Rule.WORLD, call -> realms()));
    router.add(
        "PUT",
        "/access/password",
        new Endpoint(
            ParamSchema.of(
                Param.userId("userid"),
                UserEndpoints.NEW_PASSWORD,
                Param.text("confirmation-password", 1, 1024, "\\P{Cntrl}*").orNone()),
            Rule.ANYBODY,
            this::setPassword));
  }

  private ApiResult login(ApiCall call) {
    AuthId user = AuthId.parse(call.params().text("username"));
    Login login;
    try {
      if (call.params().has("tfa-challenge") || call.params().has("path")) {
        throw new BackupException(
            Kind.UNAUTHENTICATED, "second factors and terminal tickets are not built");
      }
      login = access.authenticator().login(user, new Secret(call.params().text(PASSWORD.name())));
    } catch (BackupException e) {
      if (e.kind() != Kind.UNAUTHENTICATED) {
        throw e;
      }
      int count = access.failedLogins().failed(call.remoteAddress(), user.toString());
      LOG.warn(
          "{} ({} in a row)",
          Authenticator.failureLine(call.remoteAddress(), user.toString(), e.text()),
          count);
      // The client must not learn why (spec/protocols.md §2.2).
      throw new BackupException(Kind.UNAUTHENTICATED, "permission check failed.", e);
    }
    access.failedLogins().succeeded(call.remoteAddress(), user.toString());
    return ApiResult.of(
        Json.object()
            .put("username", login.user().toString())
            .put("ticket", login.ticket())
            .put("CSRFPreventionToken", login.csrfToken()));
  }

  private static ApiResult realms() {
    ArrayNode realms = Json.array();
    realms
        .addObject()
        .put("realm", Authenticator.REALM_SYSTEM)
        .put("type", "pam")
        .put("comment", "Linux PAM standard authentication")
        .put("default", true);
    realms
        .addObject()
        .put("realm", Authenticator.REALM_LOCAL)
        .put("type", "pbs")
        .put("comment", "Proxmox Backup authentication server");
    // There is no file of realms yet, so this is the digest of nothing.
    return ApiResult.of(realms).with("digest", Digest.sha256(new byte[0]).hex());
  }

  private ApiResult setPassword(ApiCall call) {
    AuthId caller = call.who();
    AuthId user = AuthId.parse(call.params().text("userid"));
    if (caller.isToken()) {
      throw new BackupException(Kind.PERMISSION, "API tokens cannot access this API endpoint");
    }
    boolean allowed =
        caller.equals(user)
            || caller.equals(AuthId.ROOT)
            || (!user.realm().equals(Authenticator.REALM_SYSTEM)
                && access.control().any(caller, "/", Set.of(Privilege.PERMISSIONS_MODIFY)));
    if (!allowed) {
      throw new BackupException(Kind.PERMISSION, "you are not authorized to change the password.");
    }
    if (!caller.equals(AuthId.ROOT)) {
      String confirmation =
          call.params()
              .optionalText("confirmation-password")
              .orElseThrow(() -> BackupException.invalid("confirmation password required"));
      access.authenticator().checkPassword(caller, new Secret(confirmation));
    }
    if (!access.control().users().value().exists(user)) {
      throw BackupException.invalid("user '" + user + "' does not exist.");
    }
    access.authenticator().setPassword(user, new Secret(call.params().text("password")));
    return ApiResult.none();
  }
}
