package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * {@code holdfast}: parses the command line, runs the command, says what went wrong.
 *
 * <p>Only the command that is named is built, since the time to start counts: most commands last
 * shorter than loading all of them would.
 */
@Command(
    name = "holdfast",
    description = "A backup mesh node and its command line.",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 usage, 3 unreachable, 4 untrusted certificate,"
          + " 5 credentials or permission, 6 not found, 7 locked, 8 corrupt, 9 no space,"
          + " 130 interrupted."
    })
public final class Main {
  /** Variable, or property, that logback.xml reads. */
  private static final String LOG_LEVEL = "HOLDFAST_LOG";

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from, and log in detail.")
  private boolean debug;

  private Main() {}

  public static void main(String[] args) {
    quietLog(args);
    Terminal terminal = Terminal.system();
    int code = run(terminal, args);
    terminal.interruption().over();
    terminal.out().flush();
    // While the process is ending already, exit would wait for ever for the one who waits for us.
    if (!terminal.interruption().begun()) {
      System.exit(code);
    }
  }

  /** What libraries report matters in a node; in a command it is noise, unless asked for. */
  private static void quietLog(String[] args) {
    boolean node = args.length > 0 && args[0].equals("node");
    if (!node && System.getenv(LOG_LEVEL) == null) {
      System.setProperty(LOG_LEVEL, Arrays.asList(args).contains("--debug") ? "DEBUG" : "WARN");
    }
  }

  /** Runs one command; returns its exit code. Never ends the process. */
  public static int run(Terminal terminal, String... args) {
    Main root = new Main();
    String[] ours = OtherNames.translated(args);
    CommandLine line = tree(root, terminal, named(ours));
    return line.execute(ours);
  }

  /** All commands, for those that tell about them. */
  static CommandLine everything(Terminal terminal) {
    return tree(new Main(), terminal, Commands.NAMES);
  }

  private static CommandLine tree(Main root, Terminal terminal, List<String> names) {
    CommandLine line = new CommandLine(root, new Factory(terminal));
    for (String name : names) {
      line.addSubcommand(name, Commands.create(name, terminal));
    }
    Converters.register(line);
    addHelp(line);
    line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler((error, all) -> usage(terminal, error));
    line.setExecutionExceptionHandler(
        (error, command, parsed) -> failed(terminal, error, root.debug));
    line.setExitCodeExceptionMapper(error -> ExitCode.FAILED.number());
    return line;
  }

  /** The command in question if it is known already, else all: for the help, or a hint. */
  private static List<String> named(String[] args) {
    return args.length > 0 && Commands.isKnown(args[0]) ? List.of(args[0]) : Commands.NAMES;
  }

  /** Commands within commands want the terminal, too. */
  private record Factory(Terminal terminal) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        if (List.of(constructor.getParameterTypes()).equals(List.of(Terminal.class))) {
          return type.cast(constructor.newInstance(terminal));
        }
      }
      return CommandLine.defaultFactory().create(type);
    }
  }

  private static void addHelp(CommandLine line) {
    line.getCommandSpec().addOption(helpOption());
    line.getCommandSpec().usageMessage().autoWidth(false).width(100);
    // A command with an alias is in it twice.
    line.getSubcommands().values().stream().distinct().forEach(Main::addHelp);
  }

  private static CommandLine.Model.OptionSpec helpOption() {
    return CommandLine.Model.OptionSpec.builder("-h", "--help")
        .usageHelp(true)
        .description("Show this help.")
        .build();
  }

  private static int usage(Terminal terminal, ParameterException error) {
    CommandLine command = error.getCommandLine();
    ErrorReport.print(
        terminal,
        String.valueOf(error.getMessage()),
        "See `" + command.getCommandSpec().qualifiedName() + " --help`.");
    return ExitCode.USAGE.number();
  }

  private static int failed(Terminal terminal, Exception error, boolean debug) {
    @Nullable Throwable trace = debug ? error : null;
    return switch (error) {
      case BackupException known -> ErrorReport.print(terminal, known, trace).number();
      case UsageException usage -> {
        ErrorReport.print(terminal, String.valueOf(usage.getMessage()), usage.guidance());
        yield ExitCode.USAGE.number();
      }
      default -> ErrorReport.unexpected(terminal, error, trace).number();
    };
  }
}
