package dev.holdfast.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "version", description = "Print the version of this program.")
final class VersionCommand implements Callable<Integer> {
  /** Maven puts it into the jar. */
  private static final String PROPERTIES = "/META-INF/maven/dev.holdfast/node/pom.properties";

  private final Terminal terminal;

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    terminal.line("holdfast " + version());
    return ExitCode.OK.number();
  }

  static String version() throws IOException {
    try (InputStream in = VersionCommand.class.getResourceAsStream(PROPERTIES)) {
      if (in == null) {
        return "(not packaged)";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "(unknown)");
    }
  }
}
