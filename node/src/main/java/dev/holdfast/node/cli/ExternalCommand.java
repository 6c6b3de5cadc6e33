package dev.holdfast.node.cli;

import java.io.File;
import java.io.IOException;
import java.util.List;

/** Commands that give us something on their standard output. */
final class ExternalCommand {
  private static final File NOTHING = new File("/dev/null");

  private ExternalCommand() {}

  /**
   * The words of a command, by a shell's quoting rules; a usage error when there are none.
   *
   * @param source where the text comes from: an option, a variable
   */
  static List<String> words(String text, String source) {
    List<String> words = ShellWords.split(text);
    if (words.isEmpty()) {
      throw new UsageException(source + " names no command", null);
    }
    return words;
  }

  /** Without a shell; its standard error is ours, it has no standard input. */
  static Process start(List<String> words) throws IOException {
    return new ProcessBuilder(words)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .redirectInput(ProcessBuilder.Redirect.from(NOTHING))
        .start();
  }
}
