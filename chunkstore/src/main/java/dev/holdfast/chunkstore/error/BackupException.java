package dev.holdfast.chunkstore.error;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one error of the project. Rules:
 *
 * <ul>
 *   <li>The message says what was found, what was expected and where. Clients print it as it is, so
 *       texts that real clients or people search for (spec/protocols.md §4) are the message, word
 *       for word.
 *   <li>{@link Kind} is mapped to an HTTP status in exactly one place (the node's {@code
 *       ErrorMapping}).
 *   <li>Context (datastore, namespace, snapshot, archive, digest, offset, peer …) is for logs and
 *       tools; guidance is one sentence telling the operator what to do. Neither ever holds a
 *       secret.
 *   <li>Expected outcomes are values, not exceptions. Whoever owns the work logs the error once;
 *       nobody logs and rethrows.
 * </ul>
 */
public final class BackupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as a caller can act on it. */
  public enum Kind {
    NOT_FOUND(Retry.NEVER),
    ALREADY_EXISTS(Retry.NEVER),
    /** Credentials are missing, wrong or expired. */
    UNAUTHENTICATED(Retry.AFTER_OPERATOR),
    /** Who calls is known, and may not. */
    PERMISSION(Retry.AFTER_OPERATOR),
    INVALID_INPUT(Retry.NEVER),
    LOCKED(Retry.LATER),
    CORRUPT_DATA(Retry.AFTER_OPERATOR),
    UNSUPPORTED_VERSION(Retry.AFTER_OPERATOR),
    PEER_UNREACHABLE(Retry.LATER),
    PEER_UNTRUSTED(Retry.AFTER_OPERATOR),
    OUT_OF_SPACE(Retry.AFTER_OPERATOR),
    CANCELLED(Retry.LATER),
    NOT_BUILT(Retry.NEVER),
    INTERNAL(Retry.LATER);

    private final Retry retry;

    Kind(Retry retry) {
      this.retry = retry;
    }

    /** When doing the same again may help. */
    public Retry retry() {
      return retry;
    }
  }

  /** When doing the same again may help. */
  public enum Retry {
    NEVER,
    LATER,
    AFTER_OPERATOR
  }

  private final Kind kind;
  // Strings only, so serialisation (which nothing here uses) would be safe too.
  private final LinkedHashMap<String, String> context = new LinkedHashMap<>();
  private @Nullable String guidance;

  public BackupException(Kind kind, String message) {
    this(kind, message, null);
  }

  public BackupException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public static BackupException invalid(String message) {
    return new BackupException(Kind.INVALID_INPUT, message);
  }

  public static BackupException corrupt(String message) {
    return new BackupException(Kind.CORRUPT_DATA, message);
  }

  public static BackupException notFound(String message) {
    return new BackupException(Kind.NOT_FOUND, message);
  }

  /** Adds one fact about where it happened; returns this, to be thrown. */
  public BackupException with(String name, Object value) {
    context.put(name, value.toString());
    return this;
  }

  /** Sets the one sentence that tells the operator what to do; returns this, to be thrown. */
  public BackupException advise(String sentence) {
    guidance = sentence;
    return this;
  }

  /**
   * Takes over what is known of another one, which this one tells with more words: its facts, which
   * count more than those of the same name here, and its guidance. Returns this, to be thrown.
   */
  public BackupException withFactsOf(BackupException other) {
    context.putAll(other.context);
    guidance = other.guidance == null ? guidance : other.guidance;
    return this;
  }

  public Kind kind() {
    return kind;
  }

  /** The message, which this class always has. */
  public String text() {
    String message = getMessage();
    return message == null ? kind.name() : message;
  }

  /** Read-only view, in the order in which facts were added. */
  public Map<String, String> context() {
    return Collections.unmodifiableMap(context);
  }

  public @Nullable String guidance() {
    return guidance;
  }
}
