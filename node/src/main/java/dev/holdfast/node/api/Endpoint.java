package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;

/**
 * A method on a path: what it takes, who may call, what it does.
 *
 * @param access checked after the parameters, before the handler
 * @param world needs no login
 * @param bodyBytesMax 0 = the body is parameters; else the body is data of at most so many bytes,
 *     and parameters stand in the query alone
 */
public record Endpoint(
    ParamSchema schema, Access access, boolean world, int bodyBytesMax, Handler handler) {
  /** Blocking; runs on a virtual thread. Answers or throws. */
  public interface Handler {
    ApiAnswer handle(ApiCall call);
  }

  /** Throws {@link ErrorMapping#forbidden} when the caller may not. */
  public interface Access {
    Access ANYBODY = (caller, params) -> {};

    void check(AuthId caller, Params params);
  }

  public static Endpoint of(ParamSchema schema, Access access, Handler handler) {
    return new Endpoint(schema, access, false, 0, handler);
  }

  /** Any login will do; finer checks are the handler's. */
  public static Endpoint anybody(ParamSchema schema, Handler handler) {
    return of(schema, Access.ANYBODY, handler);
  }

  public static Endpoint world(ParamSchema schema, Handler handler) {
    return new Endpoint(schema, Access.ANYBODY, true, 0, handler);
  }

  public static Endpoint streaming(ParamSchema schema, int bodyBytesMax, Handler handler) {
    return new Endpoint(schema, Access.ANYBODY, false, bodyBytesMax, handler);
  }

  /**
   * Stands in the table of the README as not built; answers 501 and takes any parameters a client
   * may send.
   */
  public static Endpoint notBuilt(String what) {
    return new Endpoint(
        ParamSchema.NONE,
        Access.ANYBODY,
        false,
        ParamReader.BODY_BYTES_MAX,
        call -> {
          throw new BackupException(Kind.NOT_BUILT, what + " is not built yet");
        });
  }

  boolean streamed() {
    return bodyBytesMax > 0;
  }
}
