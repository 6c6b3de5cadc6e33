package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "status", description = "Show how full a datastore is.")
final class StatusCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOption output = new OutputOption();

  StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    return connection.run(
        terminal,
        node -> {
          JsonNode status = node.get(node.storePath("/status"));
          if (output.isJson(terminal)) {
            OutputOption.json(terminal, status);
          } else {
            ArrayNode rows = JsonNodeFactory.instance.arrayNode().add(status);
            output.print(
                terminal,
                rows,
                List.of(
                    Field.of("datastore", Align.LEFT, row -> node.datastore().text()),
                    Field.bytes("total"),
                    share("used"),
                    share("avail")));
          }
        });
  }

  private static Field share(String name) {
    return Field.of(
        name,
        Align.RIGHT,
        row ->
            HumanText.bytes(row.path(name).asLong())
                + " ("
                + HumanText.percent(row.path(name).asLong(), row.path("total").asLong())
                + ")");
  }
}
