package dev.holdfast.node.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "notify", description = "Notifications: who is told of what, and whether it works.")
final class NotifyCommand {
  private static final String NOTIFICATIONS = "/config/notifications";

  private final Terminal terminal;

  NotifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the targets.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("name"),
            Field.text("type"),
            Field.text("origin"),
            Field.text("disable"),
            Field.text("comment"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get(NOTIFICATIONS + "/targets"), fields));
  }

  @Command(name = "matchers", description = "List which notifications go to which targets.")
  int matchers(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("name"),
            Field.text("match-severity"),
            Field.text("match-field"),
            Field.text("match-calendar"),
            Field.text("mode"),
            Field.text("invert-match"),
            Field.text("target"),
            Field.text("disable"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get(NOTIFICATIONS + "/matchers"), fields));
  }

  @Command(name = "test", description = "Send a test to a target, and tell whether it arrived.")
  int test(
      @Mixin ConnectionOptions connection,
      @Parameters(
              paramLabel = "TARGET",
              converter = Checks.TargetName.class,
              description = "As `notify list` shows it.")
          String target)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          var unused =
              node.post(
                  NOTIFICATIONS + "/targets/" + NodeConnection.segment(target) + "/test", null);
          terminal.line("sent a test to " + target);
        });
  }
}
