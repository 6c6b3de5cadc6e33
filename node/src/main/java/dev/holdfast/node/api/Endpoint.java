package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One method of one path: what it takes, who may call it at all, what it does.
 *
 * @param bodyBytesMax limit of a streaming body; other bodies have the common limit
 * @param surface which status it has for what is not there
 */
public record Endpoint(
    Doc doc,
    ParamSchema schema,
    Rule rule,
    Handler handler,
    int bodyBytesMax,
    ErrorMapping.Surface surface) {
  public Endpoint(Doc doc, ParamSchema schema, Rule rule, Handler handler) {
    this(doc, schema, rule, handler, 0);
  }

  public Endpoint(Doc doc, ParamSchema schema, Rule rule, Handler handler, int bodyBytesMax) {
    this(doc, schema, rule, handler, bodyBytesMax, ErrorMapping.Surface.REST);
  }

  /** The same, but what is named and not there is a 404 (spec/rest-api.md §1.4). */
  public Endpoint absentIs404() {
    return new Endpoint(doc, schema, rule, handler, bodyBytesMax, ErrorMapping.Surface.REST_OBJECT);
  }

  /** The same, but a remote that cannot be asked is a 500 (spec/rest-api.md §6.10). */
  public Endpoint asksRemote() {
    return new Endpoint(
        doc.fails(500, "the remote cannot be asked, and why"),
        schema,
        rule,
        handler,
        bodyBytesMax,
        ErrorMapping.Surface.REST_OF_REMOTE);
  }

  /**
   * Answers 501: a peer is told what is missing, whatever parameters it sends.
   *
   * @param why a whole sentence without its full stop, for the caller
   */
  public static Endpoint refused(String why) {
    return new Endpoint(
        Doc.nothing("Answers 501: " + why + "."),
        ParamSchema.ANYTHING,
        Rule.ANYBODY,
        call -> {
          throw new BackupException(BackupException.Kind.NOT_BUILT, why);
        });
  }

  /** The same of something that may come. */
  public static Endpoint notBuilt(String what) {
    return refused(what + " is not built yet on this node");
  }

  /** Whether it exists only to say that it does not work here. */
  public boolean isRefused() {
    return schema.equals(ParamSchema.ANYTHING);
  }

  /** Runs on a thread that may block; answers by value or throws. */
  @FunctionalInterface
  public interface Handler {
    ApiResult handle(ApiCall call) throws Exception;
  }

  /** The check that is made before parameters are read; finer ones are the handler's. */
  public sealed interface Rule {
    /** No login. */
    record World() implements Rule {}

    /** Any valid login. */
    record Anybody() implements Rule {}

    /** {@code root@pam} alone, or the local administrator, who is the same. */
    record Superuser() implements Rule {}

    /**
     * Any valid login gets as far as the handler, which looks at more than the path.
     *
     * @param text what the handler asks for
     */
    record Inside(String text) implements Rule {}

    /** Told from the caller and the placeholders of the path. */
    record Allowed(String text, Check check) implements Rule {}

    Rule WORLD = new World();
    Rule ANYBODY = new Anybody();
    Rule SUPERUSER = new Superuser();

    /**
     * At least one of the privileges on a path, whose {@code {name}} parts are placeholders of the
     * route.
     */
    static Rule any(String path, Privilege... privileges) {
      Set<Privilege> wanted = Set.of(privileges);
      String names = Stream.of(privileges).map(Privilege::text).collect(Collectors.joining(" or "));
      return new Allowed(
          names + " on " + path,
          (access, caller, values) -> access.any(caller, fill(path, values), wanted));
    }

    /** The handler checks what the text says. */
    static Rule inside(String text) {
      return new Inside(text);
    }

    /** The privilege on a path, or to be the user that a placeholder names; no token is that. */
    static Rule anyOrSelf(String path, Privilege privilege, String placeholder) {
      Set<Privilege> wanted = Set.of(privilege);
      return new Allowed(
          privilege.text() + " on " + path + ", or to be {" + placeholder + "}",
          (access, caller, values) ->
              access.any(caller, path, wanted)
                  || caller.toString().equals(values.get(placeholder)));
    }

    private static String fill(String path, Map<String, String> values) {
      String filled = path;
      for (Map.Entry<String, String> value : values.entrySet()) {
        filled = filled.replace("{" + value.getKey() + "}", value.getValue());
      }
      return filled;
    }
  }

  /** Pure; may read access files. */
  @FunctionalInterface
  public interface Check {
    boolean allows(AccessControl access, AuthId caller, Map<String, String> path);
  }

  /** Who may call it, for people. */
  public String permission() {
    return switch (rule) {
      case Rule.World w -> "everybody, without login";
      case Rule.Anybody a -> "every login";
      case Rule.Superuser s -> "root@pam alone";
      case Rule.Inside inside -> inside.text();
      case Rule.Allowed allowed -> allowed.text();
    };
  }

  boolean allows(AccessControl access, AuthId caller, Map<String, String> path) {
    return switch (rule) {
      case Rule.World w -> true;
      case Rule.Anybody a -> true;
      case Rule.Inside i -> true;
      case Rule.Superuser s -> caller.equals(AuthId.ROOT);
      case Rule.Allowed allowed -> allowed.check().allows(access, caller, path);
    };
  }
}
