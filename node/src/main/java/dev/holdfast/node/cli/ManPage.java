package dev.holdfast.node.cli;

import dev.holdfast.node.NodeVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A command's help as a manual page, in the macros of man(7). */
final class ManPage {
  private final String name;
  private final CommandSpec spec;
  private final StringBuilder page = new StringBuilder();

  /**
   * @param name of the page
   */
  ManPage(String name, CommandSpec spec) {
    this.name = name;
    this.spec = spec;
  }

  String text() {
    line(
        ".TH " + name.toUpperCase(Locale.ROOT) + " 1 \"\" \"holdfast " + NodeVersion.text() + "\"");
    String[] description = spec.usageMessage().description();
    section("NAME");
    text(name + " \\- ", description.length == 0 ? name : description[0]);
    section("SYNOPSIS");
    line(".nf");
    text("", new Help(spec, Help.Ansi.OFF).synopsis(0).strip());
    line(".fi");
    section("DESCRIPTION");
    for (String paragraph : description) {
      line(".PP");
      text("", paragraph);
    }
    arguments("ARGUMENTS", spec.positionalParameters());
    arguments("OPTIONS", spec.options());
    commands();
    exitCodes();
    seeAlso();
    return page.toString();
  }

  private void arguments(String title, List<? extends ArgSpec> arguments) {
    List<? extends ArgSpec> shown = arguments.stream().filter(arg -> !arg.hidden()).toList();
    if (shown.isEmpty()) {
      return;
    }
    section(title);
    for (ArgSpec argument : shown) {
      line(".TP");
      text("\\fB", heading(argument));
      page.insert(page.length() - 1, "\\fR");
      text("", String.join(" ", argument.description()));
    }
  }

  private static String heading(ArgSpec argument) {
    return switch (argument) {
      case OptionSpec option ->
          String.join(", ", option.names())
              + (option.arity().max() == 0 ? "" : " " + option.paramLabel());
      case PositionalParamSpec parameter -> parameter.paramLabel();
      default -> throw new AssertionError("picocli has no third kind");
    };
  }

  private void commands() {
    Map<String, CommandLine> commands = spec.subcommands();
    if (commands.isEmpty()) {
      return;
    }
    section("COMMANDS");
    commands.forEach(
        (word, command) -> {
          String[] description = command.getCommandSpec().usageMessage().description();
          if (!command.getCommandSpec().usageMessage().hidden()) {
            line(".TP");
            text("", word);
            text("", description.length == 0 ? "" : description[0]);
          }
        });
  }

  private void exitCodes() {
    section("EXIT STATUS");
    for (ExitCode code : ExitCode.values()) {
      line(".TP");
      text("", Integer.toString(code.number()));
      text("", code.meaning());
    }
  }

  private void seeAlso() {
    String above =
        spec.parent() == null
            ? spec.subcommands().entrySet().stream()
                .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
                .map(each -> name + "-" + each.getKey() + "(1)")
                .collect(Collectors.joining(", "))
            : name.substring(0, name.lastIndexOf('-')) + "(1)";
    section("SEE ALSO");
    text("", above);
  }

  private void section(String title) {
    line(".SH " + title);
  }

  private void line(String text) {
    page.append(text).append('\n');
  }

  /** Text without any meaning for the formatter. */
  private void text(String before, String text) {
    String escaped =
        text.replace("\\", "\\e").replace("-", "\\-").replaceAll("(?m)^([.'])", "\\\\&$1");
    line(before + escaped.strip());
  }
}
