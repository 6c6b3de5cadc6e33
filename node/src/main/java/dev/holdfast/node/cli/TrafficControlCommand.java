package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "traffic-control",
    description = "Rules of how fast peers may go, which all connections under a rule share.")
final class TrafficControlCommand {
  private static final String CONFIG = "/config/traffic-control";

  private final Terminal terminal;

  TrafficControlCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** In the words of the API, which checks them. */
  private static final class Options {
    @Option(
        names = "--network",
        paramLabel = "CIDR",
        description = "Peers that it is for, such as 10.0.0.0/8; may be given several times.")
    private @Nullable List<String> network;

    @Option(
        names = "--rate-in",
        paramLabel = "BYTES",
        description = "What they may send per second, all together: 10MB, 1.5MiB.")
    private @Nullable String rateIn;

    @Option(
        names = "--burst-in",
        paramLabel = "BYTES",
        description = "What may come at once after a pause; default: as much as in a second.")
    private @Nullable String burstIn;

    @Option(
        names = "--rate-out",
        paramLabel = "BYTES",
        description = "What they may get per second, all together.")
    private @Nullable String rateOut;

    @Option(
        names = "--burst-out",
        paramLabel = "BYTES",
        description = "What they may get at once after a pause; default: as much as in a second.")
    private @Nullable String burstOut;

    @Option(
        names = "--timeframe",
        paramLabel = "TIME",
        description =
            "When it is in force, such as `mon..fri 8:00-18:30`; may be given several times."
                + " Default: always.")
    private @Nullable List<String> timeframe;

    @Option(
        names = "--user",
        paramLabel = "USER@REALM",
        description =
            "Only for connections of this user and his tokens; may be given several times.")
    private @Nullable List<String> users;

    @Option(names = "--comment", paramLabel = "TEXT", description = "A line for people.")
    private @Nullable String comment;

    ObjectNode body() {
      ObjectNode body = NodeConnection.object();
      Given.put(body, "network", network);
      Given.put(body, "timeframe", timeframe);
      Given.put(body, "users", users);
      Given.put(body, "rate-in", rateIn);
      Given.put(body, "burst-in", burstIn);
      Given.put(body, "rate-out", rateOut);
      Given.put(body, "burst-out", burstOut);
      Given.put(body, "comment", comment);
      return body;
    }
  }

  @Command(name = "list", description = "List the rules, with what goes through them now.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("name"),
            Field.text("network"),
            Field.text("rate-in"),
            Field.text("rate-out"),
            Field.bytes("cur-rate-in"),
            Field.bytes("cur-rate-out"),
            Field.text("timeframe"),
            Field.text("users"),
            Field.text("comment"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/admin/traffic-control"), fields));
  }

  @Command(name = "create", description = "Make a rule: it needs a network and a rate.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME", description = "A new name.") String name,
      @Mixin Options options)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          var unused = node.post(CONFIG, options.body().put("name", name));
          terminal.line("created traffic rule " + name);
        });
  }

  @Command(
      name = "update",
      description = "Change a rule; what is not given stays. Connections feel it at once.")
  int update(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME") String name,
      @Mixin Options options,
      @Option(
              names = "--delete",
              paramLabel = "PROPERTY",
              split = ",",
              description = "Take this away, such as `timeframe`.")
          @Nullable List<String> delete)
      throws Exception {
    ObjectNode body = options.body();
    Given.put(body, "delete", delete);
    return connection.run(
        terminal,
        node -> {
          var unused = node.put(CONFIG + "/" + NodeConnection.segment(name), body);
          terminal.line("updated traffic rule " + name);
        });
  }

  @Command(name = "remove", description = "Remove a rule.")
  int remove(@Mixin ConnectionOptions connection, @Parameters(paramLabel = "NAME") String name)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          node.delete(CONFIG + "/" + NodeConnection.segment(name), Map.of());
          terminal.line("removed traffic rule " + name);
        });
  }
}
