package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.Locale;

/** What a command says to the script that ran it. The one place that maps errors to numbers. */
public enum ExitCode {
  OK(0, "done"),
  FAILED(1, "failed, for none of the reasons below"),
  USAGE(2, "the command line makes no sense"),
  UNREACHABLE(3, "no node answers there"),
  UNTRUSTED(4, "the node's certificate is not the expected one"),
  DENIED(5, "credentials or permission are missing"),
  NOT_FOUND(6, "what was named does not exist"),
  LOCKED(7, "somebody else is at it; try again later"),
  CORRUPT(8, "stored data is damaged"),
  NO_SPACE(9, "no space left"),
  // 128 + SIGINT, as shells have it; a process ended by the signal itself gives the same number.
  INTERRUPTED(130, "interrupted");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  public int number() {
    return number;
  }

  /** For the help and the documentation. */
  public String meaning() {
    return meaning;
  }

  /**
   * Servers answer 400 to nearly everything (spec/protocols.md §3.2), so for what they call invalid
   * the text decides.
   */
  static ExitCode of(BackupException error) {
    if (error.kind() == Kind.INVALID_INPUT) {
      String text = error.text().toLowerCase(Locale.ROOT);
      if (text.startsWith("no such ") || text.contains("does not exist")) {
        return NOT_FOUND;
      }
      return text.contains("no space left") ? NO_SPACE : FAILED;
    }
    return of(error.kind());
  }

  static ExitCode of(Kind kind) {
    return switch (kind) {
      case NOT_FOUND -> NOT_FOUND;
      case UNAUTHENTICATED, PERMISSION -> DENIED;
      case LOCKED -> LOCKED;
      case CORRUPT_DATA -> CORRUPT;
      case PEER_UNREACHABLE -> UNREACHABLE;
      case PEER_UNTRUSTED -> UNTRUSTED;
      case OUT_OF_SPACE -> NO_SPACE;
      case CANCELLED -> INTERRUPTED;
      case ALREADY_EXISTS, INVALID_INPUT, UNSUPPORTED_VERSION, NOT_BUILT, INTERNAL -> FAILED;
    };
  }
}
