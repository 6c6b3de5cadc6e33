package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;

/**
 * The one place that maps errors to HTTP status codes (spec/protocols.md §3.2). A real server
 * answers 400 to nearly everything, missing things included; upgraded sessions and upgrades know
 * 404.
 */
public final class ErrorMapping {
  /** Which interface the answer goes out on. */
  public enum Surface {
    REST(400, 400, 500),
    /** The few calls that have a 404 of their own. */
    REST_OBJECT(404, 400, 500),
    /** Calls that ask another server and pass on what it says. */
    REST_OF_REMOTE(400, 500, 500),
    // A disk that fails is the handler's error to a session; its client goes by the text.
    UPGRADE(404, 400, 400),
    BACKUP_SESSION(404, 400, 400),
    READER_SESSION(404, 400, 400);

    private final int absent;
    private final int remote;
    private final int internal;

    /**
     * @param absent status for what is not there
     * @param remote status for another server that cannot be asked
     * @param internal status for what is no fault of the caller's
     */
    Surface(int absent, int remote, int internal) {
      this.absent = absent;
      this.remote = remote;
      this.internal = internal;
    }
  }

  private static final String OURS = "internal error, see the node's log";

  private ErrorMapping() {}

  public static int status(Kind kind, Surface surface) {
    return switch (kind) {
      case NOT_FOUND -> surface.absent;
      case UNAUTHENTICATED -> 401;
      case PERMISSION -> 403;
      case ALREADY_EXISTS,
          INVALID_INPUT,
          LOCKED,
          CORRUPT_DATA,
          UNSUPPORTED_VERSION,
          OUT_OF_SPACE,
          CANCELLED ->
          400;
      case PEER_UNREACHABLE, PEER_UNTRUSTED -> surface.remote;
      case NOT_BUILT -> 501;
      case INTERNAL -> surface.internal;
    };
  }

  public static int status(Throwable error, Surface surface) {
    return error instanceof BackupException known ? status(known.kind(), surface) : 500;
  }

  /** What the client reads: the message alone. An error that is not one of ours is not shown. */
  public static String text(Throwable error) {
    return error instanceof BackupException known ? known.text() : OURS;
  }
}
