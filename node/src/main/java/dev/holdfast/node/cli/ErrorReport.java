package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How an error looks: what happened, what to do, and the stack only for those who ask. */
final class ErrorReport {
  private ErrorReport() {}

  static void print(Terminal terminal, String text, @Nullable String guidance) {
    terminal.message("error: " + text.strip());
    if (guidance != null) {
      terminal.message(guidance);
    }
  }

  static ExitCode print(Terminal terminal, BackupException error, @Nullable Throwable trace) {
    print(terminal, error.text(), error.guidance());
    showTrace(terminal, trace);
    return ExitCode.of(error);
  }

  /** What the system said about a file, or a defect of ours. */
  static ExitCode unexpected(Terminal terminal, Throwable error, @Nullable Throwable trace) {
    ExitCode code = ExitCode.FAILED;
    switch (error) {
      case NoSuchFileException missing -> {
        print(terminal, "'" + missing.getFile() + "' does not exist", null);
        code = ExitCode.NOT_FOUND;
      }
      case AccessDeniedException denied -> {
        print(terminal, "no permission for '" + denied.getFile() + "'", null);
        code = ExitCode.DENIED;
      }
      case ClosedByInterruptException interrupted -> {
        print(terminal, "interrupted", null);
        code = ExitCode.INTERRUPTED;
      }
      case IOException io -> {
        String text = String.valueOf(io.getMessage());
        String reason = io instanceof FileSystemException file ? file.getReason() : text;
        boolean full = reason != null && reason.toLowerCase(Locale.ROOT).contains("no space left");
        print(terminal, text, null);
        code = full ? ExitCode.NO_SPACE : ExitCode.FAILED;
      }
      default ->
          print(terminal, "this is a defect: " + error, "Run it again with --debug and report it.");
    }
    showTrace(terminal, trace);
    return code;
  }

  private static void showTrace(Terminal terminal, @Nullable Throwable trace) {
    if (trace != null) {
      trace.printStackTrace(terminal.err());
    }
  }
}
