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
    REST,
    /** The few calls that have a 404 of their own. */
    REST_OBJECT,
    /** Calls that ask another server and pass on what it says. */
    REST_OF_REMOTE,
    UPGRADE,
    BACKUP_SESSION,
    READER_SESSION
  }

  private static final String OURS = "internal error, see the node's log";

  private ErrorMapping() {}

  public static int status(Kind kind, Surface surface) {
    return switch (kind) {
      case NOT_FOUND -> surface == Surface.REST || surface == Surface.REST_OF_REMOTE ? 400 : 404;
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
      case PEER_UNREACHABLE, PEER_UNTRUSTED -> surface == Surface.REST_OF_REMOTE ? 500 : 400;
      case NOT_BUILT -> 501;
      // A disk that fails is the handler's error to a session; its client goes by the text.
      case INTERNAL -> surface == Surface.REST || surface == Surface.REST_OBJECT ? 500 : 400;
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
