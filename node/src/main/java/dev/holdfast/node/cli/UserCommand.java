package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.cli.Table.Align;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "user",
    description = "Users, their API tokens and second login factors.",
    subcommands = TfaCommand.class)
final class UserCommand {
  private final Terminal terminal;

  UserCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "create", description = "Create a user.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID", description = "USER@pbs") AuthId user,
      @Option(
              names = "--password-file",
              paramLabel = "FILE",
              description = "Its first line is the password; without one, only tokens can log in.")
          @Nullable Path passwordFile,
      @Option(names = "--comment", paramLabel = "TEXT", description = "One line.")
          @Nullable String comment)
      throws Exception {
    ObjectNode body = NodeConnection.object().put("userid", user.toString());
    if (passwordFile != null) {
      body.put("password", Variables.read("--password-file", passwordFile).reveal());
    }
    if (comment != null) {
      body.put("comment", comment);
    }
    return connection.run(
        terminal,
        node -> {
          var unused = node.post("/access/users", body);
          terminal.line("created user " + user);
        });
  }

  @Command(name = "list", description = "List users, with their tokens.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("userid"),
            Field.of("enabled", Align.LEFT, row -> row.path("enable").asBoolean(true) ? "yes" : ""),
            Field.of("expires", Align.LEFT, UserCommand::expiry),
            Field.of("tokens", Align.LEFT, UserCommand::tokens),
            Field.text("comment"));
    return connection.run(
        terminal,
        node -> {
          JsonNode users = node.get("/access/users", Map.of("include_tokens", "true"));
          output.print(terminal, users, fields);
        });
  }

  @Command(name = "list-tokens", description = "List the API tokens of a user.")
  int listTokens(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "USERID") AuthId user)
      throws Exception {
    List<Field> fields =
        List.of(
            Field.text("tokenid"),
            Field.of("enabled", Align.LEFT, row -> row.path("enable").asBoolean(true) ? "yes" : ""),
            Field.of("expires", Align.LEFT, UserCommand::expiry),
            Field.text("comment"));
    String path = "/access/users/" + NodeConnection.segment(user.toString()) + "/token";
    return connection.run(terminal, node -> output.print(terminal, node.get(path), fields));
  }

  private static String expiry(JsonNode user) {
    long seconds = user.path("expire").asLong(0);
    return seconds == 0 ? "never" : HumanText.time(seconds);
  }

  private static String tokens(JsonNode user) {
    StringBuilder names = new StringBuilder();
    for (JsonNode token : user.path("tokens")) {
      String id = token.path("tokenid").asText();
      names.append(names.isEmpty() ? "" : "\n").append(id.substring(id.indexOf('!') + 1));
    }
    return names.toString();
  }

  @Command(
      name = "token",
      description = {
        "Create an API token of a user.",
        "Its secret is shown this once, or written to a file that only its owner can read."
      })
  int token(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID") AuthId user,
      @Parameters(paramLabel = "NAME", description = "Name of the token.") String name,
      @Option(
              names = "--secret-file",
              paramLabel = "FILE",
              description = "Write the secret there, in place of what is there.")
          @Nullable Path secretFile)
      throws Exception {
    String path =
        "/access/users/"
            + NodeConnection.segment(user.toString())
            + "/token/"
            + NodeConnection.segment(name);
    return connection.run(
        terminal,
        node -> {
          if (secretFile == null) {
            JsonNode token = node.post(path, null);
            terminal.line("tokenid: " + token.path("tokenid").asText());
            terminal.line("secret: " + token.path("value").asText());
            return;
          }
          try (SecretFile file = SecretFile.prepare(secretFile)) {
            JsonNode token = node.post(path, null);
            file.write(token.path("value").asText());
            terminal.line(
                "created token "
                    + token.path("tokenid").asText()
                    + ", its secret is in "
                    + secretFile);
          }
        });
  }
}
