package dev.holdfast.node.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a shell's commands come from: a person with a line editor, or a script. */
interface ShellLines extends AutoCloseable {
  /** Proposes what a word may become. */
  @FunctionalInterface
  interface Completer {
    /**
     * @param words before it
     * @param word as far as it was typed
     * @return whole words; one that ends in a slash goes on
     */
    List<String> complete(List<String> words, String word);
  }

  /** Null at the end. */
  @Nullable String next(String prompt) throws IOException;

  /** A person goes on after an error, a script does not. */
  boolean isInteractive();

  @Override
  void close() throws IOException;

  static ShellLines open(Terminal terminal, Completer completer) throws IOException {
    return terminal.screen() && isTerminal(Path.of("/proc/self/fd/0"))
        ? new EditedLines(completer)
        : new ScriptLines(
            new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8)));
  }

  private static boolean isTerminal(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** One command a line. */
  record ScriptLines(BufferedReader reader) implements ShellLines {
    @Override
    public @Nullable String next(String prompt) throws IOException {
      return reader.readLine();
    }

    @Override
    public boolean isInteractive() {
      return false;
    }

    /** Standard input stays open. */
    @Override
    public void close() {}
  }
}
