package dev.holdfast.node.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What surrounds a command: where results and messages go, the environment, and what to do on
 * Ctrl-C.
 *
 * @param in what a command that reads standard input reads; a thread that waits there can be
 *     interrupted
 * @param out results only, so that they can be piped
 * @param err messages, progress, errors
 * @param environment variables; empty ones count as not set
 * @param screen err is looked at by a person
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    boolean screen,
    Interruption interruption) {
  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  /** This process's own. */
  static Terminal system() {
    return new Terminal(
        Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel()),
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        System.getenv(),
        isScreen(),
        new Interruption(true));
  }

  // Asking the console would load a line editor, and looks at standard output too.
  private static boolean isScreen() {
    try {
      String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  /** One line of result. */
  void line(String text) {
    out.println(text);
  }

  /** One line about how it goes. */
  void message(String text) {
    err.println(text);
  }
}
