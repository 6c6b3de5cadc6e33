package dev.holdfast.node.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a command has printed so far, results and messages together, seen while it runs. */
final class CommandLineOutput {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Runs a command in this process; returns its exit code. */
  int run(Map<String, String> environment, InputStream in, String... arguments) {
    PrintStream print = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(in, print, print, environment, false, new Interruption(false));
    return Main.run(terminal, arguments);
  }

  String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
