package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Acl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import dev.holdfast.node.access.Role;
import dev.holdfast.node.access.StateFile;
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
import dev.holdfast.node.api.Shape.Value;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Access control entries, roles, effective permissions (spec/rest-api.md §6.9). */
final class AclEndpoints {

  private static final Shape ENTRY =
      Shape.object(
          Field.text("path"),
          Field.text("ugid").meaning("user, token or group"),
          Field.of("ugid_type", Shape.oneOf("user", "group")),
          Field.flag("propagate"),
          Field.text("roleid"));

  private static final Shape ROLE =
      Shape.object(
          Field.text("roleid"), Field.text("comment"), Field.of("privs", Value.TEXT.list()));

  private static final String ACL = "/access/acl";
  private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9._\\-]*";
  private static final Param PATH = Param.text("path", 1, 128, "/|(?:/" + NAME + ")+");

  /** Where entries may be added (spec/rest-api.md §4.2). */
  private static final Pattern KNOWN_PATH =
      Pattern.compile(
          "/"
              + "|/access(?:/(?:acl|users|domains|openid(?:/X)?))?".replace("X", NAME)
              + "|/datastore(?:/X(?:/X){0,7})?".replace("X", NAME)
              + "|/remote(?:/X(?:/X(?:/X){0,7})?)?".replace("X", NAME)
              + "|/system(?:/(?:certificates|disks|log|notifications|status|tasks|time"
              + "|services(?:/X)?|encryption-keys(?:/X)?|network(?:/dns|/interfaces(?:/X)?)?))?"
                  .replace("X", NAME)
              + "|/tape(?:/(?:device|pool|job)(?:/X)?)?".replace("X", NAME));

  /** What a listing of permissions always looks at, besides every path that has entries. */
  private static final List<String> TOP_PATHS =
      List.of("/", "/access", "/datastore", "/remote", "/system");

  private final AccessState access;

  AclEndpoints(AccessState access) {
    this.access = access;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        ACL,
        new Endpoint(
            Doc.list(
                    "Lists access control entries.",
                    ENTRY,
                    "those of the caller's tokens, or all with Sys.Audit on " + ACL)
                .withDigest(),
            ParamSchema.of(PATH.orNone(), Param.bool("exact")),
            Rule.ANYBODY,
            this::list));
    router.add(
        "PUT",
        ACL,
        new Endpoint(
            Doc.nothing("Adds or removes an access control entry."),
            ParamSchema.of(
                PATH,
                Param.choice("role", Role.texts().toArray(String[]::new)),
                Param.bool("propagate"),
                Param.authId("auth-id").orNone(),
                Param.safeId("group", 1, 64).orNone(),
                Param.bool("delete"),
                Param.DIGEST),
            Rule.inside("Permissions.Modify on " + ACL + ", or to own the token"),
            this::update));
    router.add(
        "GET",
        "/access/roles",
        new Endpoint(
            Doc.list("Lists the roles.", ROLE, "roles with their privileges"),
            ParamSchema.NONE,
            Rule.ANYBODY,
            call -> roles()));
    router.add(
        "GET",
        "/access/permissions",
        new Endpoint(
            Doc.of(
                "Shows what somebody may do where.",
                Shape.map(Shape.map(Value.FLAG)),
                "by path, privileges and whether they reach further down"),
            ParamSchema.of(Param.authId("auth-id").orNone(), PATH.orNone()),
            Rule.inside("to be him or to own the token, or Sys.Audit on /access"),
            this::permissions));
  }

  private ApiResult list(ApiCall call) {
    StateFile.Loaded<Acl> loaded = access.control().acl().load();
    boolean all = access.control().any(call.who(), ACL, Set.of(Privilege.SYS_AUDIT));
    String path = call.params().text("path", "/");
    boolean exact = call.params().bool("exact", false);
    ArrayNode list = Json.array();
    for (Acl.Entry entry : loaded.value().entries()) {
      boolean there =
          exact
              ? entry.path().equals(path)
              : path.equals("/") || (entry.path() + "/").startsWith(path + "/");
      if (there && (all || isOwnToken(call.who(), entry.id()))) {
        boolean group = entry.id().startsWith("@");
        list.addObject()
            .put("path", entry.path())
            .put("ugid", group ? entry.id().substring(1) : entry.id())
            .put("ugid_type", group ? "group" : "user")
            .put("propagate", entry.propagate())
            .put("roleid", entry.role().text());
      }
    }
    return ApiResult.of(list).with("digest", loaded.digest().hex());
  }

  private static boolean isOwnToken(AuthId caller, String id) {
    if (caller.isToken() || id.startsWith("@")) {
      return false;
    }
    AuthId of = AuthId.parse(id);
    return of.isToken() && of.owner().equals(caller);
  }

  private ApiResult update(ApiCall call) {
    Params params = call.params();
    if (params.has("group")) {
      throw BackupException.invalid(
          "parameter verification failed - 'group': groups are not supported");
    }
    AuthId id =
        AuthId.parse(
            params
                .optionalText("auth-id")
                .orElseThrow(
                    () ->
                        BackupException.invalid(
                            "missing parameter: either 'auth-id' or 'group' must be given")));
    if (!access.control().any(call.who(), ACL, Set.of(Privilege.PERMISSIONS_MODIFY))
        && !isOwnToken(call.who(), id.toString())) {
      throw new BackupException(
          Kind.PERMISSION,
          "permission check failed - missing Permissions.Modify on "
              + ACL
              + "; without it, users may only change entries of their own tokens");
    }
    String path = params.text("path");
    Role role = Role.parse(params.text("role"));
    boolean delete = params.bool("delete", false);
    if (!delete) {
      // Removal puts up with users and paths that are gone.
      if (!KNOWN_PATH.matcher(path).matches()) {
        throw BackupException.invalid("invalid ACL path '" + path + "'");
      }
      if (!access.control().users().value().exists(id)) {
        throw BackupException.invalid(
            id.isToken() ? "no such API token '" + id + "'" : "no such user '" + id + "'");
      }
    }
    access
        .control()
        .acl()
        .update(
            params.digest(),
            acl ->
                delete
                    ? acl.without(path, id.toString(), role)
                    : acl.with(
                        new Acl.Entry(path, id.toString(), role, params.bool("propagate", true))));
    return ApiResult.none();
  }

  private static ApiResult roles() {
    ArrayNode list = Json.array();
    for (Role role : Role.values()) {
      ObjectNode json = list.addObject().put("roleid", role.text()).put("comment", role.comment());
      ArrayNode privileges = json.putArray("privs");
      role.privileges().forEach(privilege -> privileges.add(privilege.text()));
    }
    return ApiResult.of(list);
  }

  private ApiResult permissions(ApiCall call) {
    AccessControl control = access.control();
    AuthId caller = call.who();
    AuthId of = call.params().optionalText("auth-id").map(AuthId::parse).orElse(caller);
    if (!caller.mayActFor(of) && !control.any(caller, "/access", Set.of(Privilege.SYS_AUDIT))) {
      throw new BackupException(Kind.PERMISSION, "not allowed to list permissions of '" + of + "'");
    }
    Set<String> paths = new TreeSet<>();
    call.params()
        .optionalText("path")
        .ifPresentOrElse(
            paths::add,
            () -> {
              paths.addAll(TOP_PATHS);
              paths.addAll(control.acl().value().paths());
            });
    ObjectNode map = Json.object();
    for (String path : paths) {
      Rights rights = control.rights(of, path);
      if (!rights.all().isEmpty()) {
        ObjectNode privileges = map.putObject(path);
        for (Privilege privilege : rights.all()) {
          privileges.put(privilege.text(), rights.propagated().contains(privilege));
        }
      }
    }
    return ApiResult.of(map);
  }
}
