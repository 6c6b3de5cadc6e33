package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.Locale;

/** Turns what a peer answered, or what kept it from answering, into the project's error. */
public final class WireErrors {
  private WireErrors() {}

  /** Server texts are the message, word for word: clients print them and people search for them. */
  public static BackupException ofAnswer(int status, String text) {
    String message = text.strip();
    if (message.isEmpty()) {
      message = "server answered " + status + " without a text";
    }
    return new BackupException(kind(status, message), message).with("status", status);
  }

  private static Kind kind(int status, String message) {
    return switch (status) {
      case 401 -> Kind.UNAUTHENTICATED;
      case 403 -> Kind.PERMISSION;
      case 404 -> Kind.NOT_FOUND;
      case 500, 502, 503, 504 -> Kind.INTERNAL;
      default -> saysLocked(message) ? Kind.LOCKED : Kind.INVALID_INPUT;
    };
  }

  /** Locks are refused with 400 and a text (spec/protocols.md §4.1); trying again later helps. */
  private static boolean saysLocked(String message) {
    String lower = message.toLowerCase(Locale.ROOT);
    return lower.contains("another backup is already running")
        || lower.contains("locked by another operation")
        || lower.contains("unable to acquire");
  }

  /**
   * Why a connection to {@code host:port} was not made or was lost. An error that says it already
   * is returned as it is.
   */
  public static BackupException ofFailure(String peer, Throwable failure) {
    BackupException refusal = PinnedTrust.refusal(failure);
    if (refusal != null) {
      return untrusted(peer, refusal);
    }
    if (failure instanceof BackupException known) {
      return known;
    }
    return new BackupException(
            Kind.PEER_UNREACHABLE, "cannot reach " + peer + ": " + reason(failure), failure)
        .with("peer", peer);
  }

  private static BackupException untrusted(String peer, BackupException refusal) {
    if (refusal.context().containsKey("peer")) {
      return refusal;
    }
    BackupException named =
        new BackupException(Kind.PEER_UNTRUSTED, peer + ": " + refusal.text(), refusal)
            .with("peer", peer);
    refusal.context().forEach(named::with);
    String guidance = refusal.guidance();
    return guidance == null ? named : named.advise(guidance);
  }

  /** The innermost message says most: "Connection refused", "No such host", "timed out". */
  private static String reason(Throwable failure) {
    String best = failure.getClass().getSimpleName();
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 20; t = t.getCause()) {
      String message = t.getMessage();
      if (message != null && !message.isBlank()) {
        best = t instanceof java.net.UnknownHostException ? "unknown host " + message : message;
      }
      depth++;
    }
    return best;
  }
}
