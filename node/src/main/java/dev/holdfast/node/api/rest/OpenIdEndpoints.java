package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.AuthLog;
import dev.holdfast.node.access.Authenticator.Login;
import dev.holdfast.node.access.FailedLogins;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.UserConfig.Entry;
import dev.holdfast.node.access.realm.OpenIdLogins;
import dev.holdfast.node.access.realm.OpenIdRealm;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import java.net.URI;

/** Login by an OpenID Connect provider (spec/rest-api.md §2.4). */
final class OpenIdEndpoints {
  private static final Param REDIRECT = Param.text("redirect-url", 1, 2048, "https?://\\S+");
  private static final Param STATE = Param.text("state", 1, 1024, "[\\x21-\\x7e]+");
  private static final Param CODE = Param.text("code", 1, 4096, "[\\x21-\\x7e]+");

  private final AccessState access;
  private final OpenIdLogins logins;

  OpenIdEndpoints(AccessState access, OpenIdLogins logins) {
    this.access = access;
    this.logins = logins;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        "/access/openid/auth-url",
        new Endpoint(
            Doc.text("Begins a login by OpenID Connect.", "where to send the browser"),
            ParamSchema.of(Param.safeId("realm", 2, 32), REDIRECT),
            Rule.WORLD,
            this::begin));
    router.add(
        "POST",
        "/access/openid/login",
        new Endpoint(
            TicketEndpoints.login("Ends a login by OpenID Connect.")
                .fails(401, "the provider does not vouch for a user of this node"),
            ParamSchema.of(STATE, CODE, REDIRECT, Param.bool("http-only")),
            Rule.WORLD,
            this::finish));
  }

  private OpenIdRealm realm(String name) {
    Section section = access.realms().value().find(name);
    if (section == null || !section.type().equals(OpenIdRealm.TYPE)) {
      throw BackupException.notFound("no such openid realm '" + name + "'");
    }
    return OpenIdRealm.of(section);
  }

  private static URI redirect(ApiCall call) {
    try {
      return URI.create(call.params().text(REDIRECT.name()));
    } catch (IllegalArgumentException e) {
      throw ParamSchema.refusal(REDIRECT.name(), "is no address");
    }
  }

  private ApiResult begin(ApiCall call) {
    return ApiResult.of(
        logins.begin(realm(call.params().text("realm")), redirect(call)).toString());
  }

  private ApiResult finish(ApiCall call) {
    URI redirect = redirect(call);
    Login login;
    try {
      login =
          access
              .failedLogins()
              .attempt(call.remoteAddress(), FailedLogins.NOBODY, () -> login(call, redirect));
    } catch (BackupException e) {
      if (e.kind() != Kind.UNAUTHENTICATED) {
        throw e;
      }
      // The client must not learn why.
      throw new BackupException(Kind.UNAUTHENTICATED, "permission check failed.", e);
    }
    AuthLog.succeeded(call.remoteAddress(), login.user().toString());
    return TicketEndpoints.answer(login, call.params().bool("http-only", false));
  }

  private Login login(ApiCall call, URI redirect) {
    String state = call.params().text(STATE.name());
    OpenIdRealm realm = realm(logins.realmOf(state));
    String name = logins.finish(realm, state, call.params().text(CODE.name()), redirect);
    AuthId user;
    try {
      user = new AuthId(name, realm.name(), null);
    } catch (BackupException e) {
      throw new BackupException(Kind.UNAUTHENTICATED, "the provider's name is no user id", e);
    }
    if (realm.autocreate() && !access.control().users().value().exists(user)) {
      access
          .control()
          .users()
          .update(users -> users.exists(user) ? users : users.with(Entry.of(user)));
    }
    return access.authenticator().vouchedFor(user);
  }
}
