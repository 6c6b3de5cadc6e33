package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.AuthLog;
import dev.holdfast.node.access.Authenticator;
import dev.holdfast.node.access.Authenticator.Login;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Tickets;
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
import java.util.Set;
import java.util.function.Supplier;

/** Login and passwords (spec/protocols.md §2.2, spec/rest-api.md §6.9). */
final class TicketEndpoints {

  private static final Shape LOGIN =
      Shape.object(
          Field.text("username"),
          Field.text("CSRFPreventionToken").meaning("for calls other than GET"),
          Field.text("ticket").orNone(),
          Field.text("ticket-info").orNone().meaning("the ticket without its proof"));

  /**
   * What a login may bring: a password, a whole ticket to renew, which the cookie may have instead,
   * or what an authenticator answered, which has the keys of its maker's choice in it.
   */
  private static final Param PASSWORD = Param.text("password", 0, 8192, "\\P{Cntrl}*").orNone();

  private static final Param PATH = Param.anyText("path");
  private static final Param PRIVILEGE = Param.anyText("privs");
  private static final Param PORT = Param.integer("port", 0, 65_535);

  private static final String COOKIE = "__Host-PBSAuthCookie=";
  private static final String COOKIE_RULES = "Secure; SameSite=Lax; HttpOnly; Path=/;";
  private static final String NO_COOKIE =
      COOKIE + "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; " + COOKIE_RULES;

  private final AccessState access;

  TicketEndpoints(AccessState access) {
    this.access = access;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        "/access/ticket",
        new Endpoint(
            login("Logs a user in, or renews his ticket."),
            ParamSchema.of(
                Param.userId("username"),
                PASSWORD,
                PATH.orNone(),
                PRIVILEGE.orNone(),
                PORT.orNone(),
                Param.anyText("tfa-challenge").orNone(),
                Param.bool("http-only")),
            Rule.WORLD,
            this::login));
    router.add(
        "POST",
        "/access/vncticket",
        new Endpoint(
            Doc.nothing("Checks a ticket of a terminal, which this node gives to nobody.")
                .fails(401, "it is none of this node's, or too old"),
            ParamSchema.of(
                Param.authId("authid"), Param.anyText("vncticket"), PATH, PRIVILEGE, PORT),
            Rule.WORLD,
            this::terminalTicket));
    router.add(
        "DELETE",
        "/access/ticket",
        new Endpoint(
            Doc.untyped("Takes the cookie of a login away.", "an empty object"),
            ParamSchema.NONE,
            Rule.WORLD,
            call -> status(Json.object()).as("").settingCookie(NO_COOKIE)));
    router.add(
        "PUT",
        "/access/password",
        new Endpoint(
            Doc.nothing("Sets a password."),
            ParamSchema.of(
                Param.userId("userid"),
                UserEndpoints.NEW_PASSWORD,
                Param.text("confirmation-password", 1, 1024, "\\P{Cntrl}*").orNone()),
            Rule.inside("to be the user, or Permissions.Modify on / except for realm pam"),
            this::setPassword));
  }

  /** Of each call that {@link #answer} is the answer of. */
  static Doc login(String does) {
    return Doc.of(does, LOGIN, "ticket and CSRF token")
        .with(Field.integer("status").orNone(), Field.flag("success").orNone());
  }

  private ApiResult login(ApiCall call) {
    AuthId user = AuthId.parse(call.params().text("username"));
    Secret proof = proof(call);
    if (Tickets.isTerminal(proof.reveal())) {
      var unused = attempt(call, user, () -> terminal(call, user, proof));
      return ApiResult.of(Json.object().put("username", user.toString()));
    }
    Login login = attempt(call, user, () -> login(call, user, proof));
    if (!login.isHalf()) {
      AuthLog.succeeded(call.remoteAddress(), user.toString());
    }
    return answer(login, call.params().bool("http-only", false));
  }

  private <T> T attempt(ApiCall call, AuthId who, Supplier<T> login) {
    try {
      return access.failedLogins().attempt(call.remoteAddress(), who.toString(), login);
    } catch (BackupException e) {
      if (e.kind() != Kind.UNAUTHENTICATED) {
        throw e;
      }
      // The client must not learn why (spec/protocols.md §2.2).
      throw new BackupException(Kind.UNAUTHENTICATED, "permission check failed.", e);
    }
  }

  private ApiResult terminalTicket(ApiCall call) {
    AuthId who = AuthId.parse(call.params().text("authid"));
    Secret ticket = new Secret(call.params().text("vncticket"));
    var unused = attempt(call, who, () -> terminal(call, who, ticket));
    return ApiResult.none();
  }

  private AuthId terminal(ApiCall call, AuthId who, Secret ticket) {
    Params params = call.params();
    if (!params.has(PATH.name()) || !params.has(PRIVILEGE.name()) || !params.has(PORT.name())) {
      throw new BackupException(Kind.UNAUTHENTICATED, "terminal ticket without path, privs, port");
    }
    access
        .authenticator()
        .checkTerminal(
            who,
            ticket,
            params.text(PATH.name()),
            params.text(PRIVILEGE.name()),
            (int) params.integer(PORT.name()));
    return who;
  }

  private Login login(ApiCall call, AuthId user, Secret proof) {
    return call.params()
        .optionalText("tfa-challenge")
        .map(half -> access.authenticator().finishLogin(user, half, proof))
        .orElseGet(() -> access.authenticator().login(user, proof));
  }

  /** Whole or half; also what a login by OpenID Connect answers. */
  static ApiResult answer(Login login, boolean cookie) {
    ObjectNode json =
        Json.object()
            .put("username", login.user().toString())
            .put("CSRFPreventionToken", login.csrfToken());
    if (login.isHalf() || !cookie) {
      return ApiResult.of(json.put("ticket", login.ticket()));
    }
    String withoutSignature = login.ticket().substring(0, login.ticket().indexOf("::"));
    return status(json.put("ticket-info", withoutSignature + "::ticketinfo"))
        .as("application/json")
        .settingCookie(COOKIE + login.ticket() + "; " + COOKIE_RULES);
  }

  /** Of logins by cookie, both formatters answer alike. */
  private static ApiResult.Data status(ObjectNode data) {
    return ApiResult.of(data)
        .with("status", IntNode.valueOf(200))
        .with("success", BooleanNode.TRUE);
  }

  /** The password, or without one the ticket that the cookie holds. */
  private static Secret proof(ApiCall call) {
    String password = call.params().text(PASSWORD.name(), "");
    if (!password.isEmpty()) {
      return new Secret(password);
    }
    String ticket = Authenticator.ticket(call.cookie());
    if (ticket != null) {
      return new Secret(ticket);
    }
    throw ParamSchema.refusal(
        PASSWORD.name(),
        call.params().has(PASSWORD.name())
            ? "value must be at least 1 characters long"
            : "parameter is missing and it is not optional.");
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
