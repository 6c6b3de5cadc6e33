package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import java.util.Map;
import java.util.Set;

/**
 * One method of one path: what it takes, who may call it at all, what it does.
 *
 * @param bodyBytesMax limit of a streaming body; other bodies have the common limit
 */
public record Endpoint(ParamSchema schema, Rule rule, Handler handler, int bodyBytesMax) {
  public Endpoint(ParamSchema schema, Rule rule, Handler handler) {
    this(schema, rule, handler, 0);
  }

  /** Answers 501: a peer is told what is missing, whatever parameters it sends. */
  public static Endpoint notBuilt(String what) {
    return new Endpoint(
        ParamSchema.ANYTHING,
        Rule.ANYBODY,
        call -> {
          throw new BackupException(
              BackupException.Kind.NOT_BUILT, what + " is not built yet on this node");
        });
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

    /** Told from the caller and the placeholders of the path. */
    record Allowed(Check check) implements Rule {}

    Rule WORLD = new World();
    Rule ANYBODY = new Anybody();
    Rule SUPERUSER = new Superuser();

    /**
     * At least one of the privileges on a path, whose {@code {name}} parts are placeholders of the
     * route.
     */
    static Rule any(String path, Privilege... privileges) {
      Set<Privilege> wanted = Set.of(privileges);
      return new Allowed(
          (access, caller, values) -> access.any(caller, fill(path, values), wanted));
    }

    /** Either of two. */
    static Rule either(Check first, Check second) {
      return new Allowed(
          (access, caller, values) ->
              first.allows(access, caller, values) || second.allows(access, caller, values));
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

  boolean allows(AccessControl access, AuthId caller, Map<String, String> path) {
    return switch (rule) {
      case Rule.World w -> true;
      case Rule.Anybody a -> true;
      case Rule.Superuser s -> caller.equals(AuthId.ROOT);
      case Rule.Allowed allowed -> allowed.check().allows(access, caller, path);
    };
  }
}
