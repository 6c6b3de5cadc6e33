package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one place where an error becomes what a client sees: status, text, and how long the answer is
 * held back (spec/protocols.md §2.9, §3.2). The default of the protocol is 400 with the message
 * alone as text.
 */
public final class ErrorMapping {
  /**
   * No 401 leaves earlier: guessing must cost time. Still below the 7 s after which Proxmox VE
   * gives up.
   */
  public static final Duration UNAUTHENTICATED_DELAY = Duration.ofSeconds(3);

  public static final Duration FORBIDDEN_DELAY = Duration.ofMillis(500);

  /** The text of a permission that is declared on a method; only these are held back. */
  public static final String PERMISSION_CHECK_FAILED = "permission check failed";

  static final String PARAMETER_PREFIX = "parameter:";

  private ErrorMapping() {}

  public static int status(BackupException error) {
    return switch (error.kind()) {
      case UNAUTHENTICATED -> 401;
      case PERMISSION -> 403;
      case NOT_FOUND -> 404;
      case INVALID_INPUT,
          ALREADY_EXISTS,
          LOCKED,
          CORRUPT_DATA,
          UNSUPPORTED_VERSION,
          OUT_OF_SPACE,
          CANCELLED ->
          400;
      case PEER_UNREACHABLE, PEER_UNTRUSTED -> 400;
      case NOT_BUILT -> 501;
      case INTERNAL -> 500;
    };
  }

  public static Duration delay(BackupException error) {
    return switch (status(error)) {
      case 401 -> UNAUTHENTICATED_DELAY;
      case 403 -> error.text().equals(PERMISSION_CHECK_FAILED) ? FORBIDDEN_DELAY : Duration.ZERO;
      default -> Duration.ZERO;
    };
  }

  /** The declarative refusal: it does not say what is missing, nor whether the thing exists. */
  public static BackupException forbidden() {
    return new BackupException(BackupException.Kind.PERMISSION, PERMISSION_CHECK_FAILED);
  }

  /** Errors by parameter name, for the formatter that lists them; empty for any other error. */
  static Map<String, String> parameterErrors(BackupException error) {
    Map<String, String> errors = new LinkedHashMap<>();
    error
        .context()
        .forEach(
            (name, text) -> {
              if (name.startsWith(PARAMETER_PREFIX)) {
                errors.put(name.substring(PARAMETER_PREFIX.length()), text);
              }
            });
    return errors;
  }
}
