package dev.holdfast.node.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "man",
    description = "Write the manual pages, one per command, e.g. into /usr/local/share/man/man1.")
final class ManCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "DIR", description = "Created if it is not there.")
  private Path directory = Path.of("");

  ManCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(directory);
    Map<String, CommandLine> pages = new LinkedHashMap<>();
    collect(Main.everything(terminal), "holdfast", pages);
    for (Map.Entry<String, CommandLine> page : pages.entrySet()) {
      Path file = directory.resolve(page.getKey() + ".1");
      Files.writeString(
          file,
          new ManPage(page.getKey(), page.getValue().getCommandSpec()).text(),
          StandardCharsets.UTF_8);
    }
    terminal.line("wrote " + HumanText.count(pages.size(), "page", "pages") + " to " + directory);
    return ExitCode.OK.number();
  }

  /** {@code holdfast-snapshot-notes-show}: words of the command with dashes between. */
  private static void collect(CommandLine command, String name, Map<String, CommandLine> pages) {
    if (!command.getCommandSpec().usageMessage().hidden()) {
      pages.put(name, command);
      command.getSubcommands().forEach((word, below) -> collect(below, name + "-" + word, pages));
    }
  }
}
