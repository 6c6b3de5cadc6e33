package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.cli.Table.Align;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
    return connection.run(
        terminal, node -> output.print(terminal, node.get(path(user) + "/token"), fields));
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
    String path = path(user) + "/token/" + NodeConnection.segment(name);
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

  @Command(name = "update", description = "Change a user.")
  int update(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID") AuthId user,
      @Option(
              names = "--enable",
              arity = "1",
              paramLabel = "true|false",
              description = "Whether he may log in.")
          @Nullable Boolean enable,
      @Option(
              names = "--expire",
              paramLabel = "SECONDS",
              description = "Since the epoch, after which he may not; 0 = never.")
          @Nullable Long expire,
      @Option(names = "--comment", paramLabel = "TEXT", description = "One line.")
          @Nullable String comment,
      @Option(names = "--email", paramLabel = "ADDRESS", description = "For people to read.")
          @Nullable String email)
      throws Exception {
    ObjectNode body = NodeConnection.object();
    if (enable != null) {
      body.put("enable", enable);
    }
    if (expire != null) {
      body.put("expire", expire);
    }
    if (comment != null) {
      body.put("comment", comment);
    }
    if (email != null) {
      body.put("email", email);
    }
    return connection.run(
        terminal,
        node -> {
          var unused = node.put(path(user), body);
          terminal.line("updated user " + user);
        });
  }

  @Command(
      name = "remove",
      description = "Remove a user with his tokens, second factors and access control entries.")
  int remove(@Mixin ConnectionOptions connection, @Parameters(paramLabel = "USERID") AuthId user)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          node.delete(path(user), Map.of());
          terminal.line("removed user " + user);
        });
  }

  @Command(name = "passwd", description = "Set the password of a user of realm pbs or pam.")
  int passwd(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID") AuthId user,
      @Option(
              names = "--password-file",
              paramLabel = "FILE",
              required = true,
              description = "Its first line is the new password.")
          Path passwordFile)
      throws Exception {
    ObjectNode body =
        NodeConnection.object()
            .put("userid", user.toString())
            .put("password", Variables.read("--password-file", passwordFile).reveal());
    connection.password(terminal).ifPresent(own -> body.put("confirmation-password", own.reveal()));
    return connection.run(
        terminal,
        node -> {
          var unused = node.put("/access/password", body);
          terminal.line("set the password of " + user);
        });
  }

  @Command(name = "delete-token", description = "Delete an API token.")
  int deleteToken(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID") AuthId user,
      @Parameters(paramLabel = "NAME", description = "Name of the token.") String name)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          node.delete(path(user) + "/token/" + NodeConnection.segment(name), Map.of());
          terminal.line("deleted token " + user.withToken(name));
        });
  }

  @Command(
      name = "permissions",
      description = "Show the privileges of a user or token; a star also counts below the path.")
  int permissions(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "ID") AuthId id,
      @Option(names = "--path", paramLabel = "PATH", description = "e.g. /datastore/main")
          @Nullable String path)
      throws Exception {
    Map<String, String> query = new TreeMap<>(Map.of("auth-id", id.toString()));
    if (path != null) {
      query.put("path", path);
    }
    List<Field> fields = List.of(Field.text("path"), Field.text("privileges"));
    return connection.run(
        terminal,
        node -> output.print(terminal, rows(node.get("/access/permissions", query)), fields));
  }

  private static ArrayNode rows(JsonNode permissions) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    for (Map.Entry<String, JsonNode> path : permissions.properties()) {
      ArrayNode names = rows.addObject().put("path", path.getKey()).putArray("privileges");
      path.getValue()
          .properties()
          .forEach(
              privilege ->
                  names.add(privilege.getKey() + (privilege.getValue().asBoolean() ? " *" : "")));
    }
    return rows;
  }

  private static String path(AuthId user) {
    return "/access/users/" + NodeConnection.segment(user.toString());
  }
}
