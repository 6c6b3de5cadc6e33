package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.cli.Table.Align;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "realm", description = "Where users come from.")
final class RealmCommand {
  private final Terminal terminal;

  RealmCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the realms.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("realm"),
            Field.text("type"),
            Field.of("default", Align.LEFT, row -> row.path("default").asBoolean() ? "yes" : ""),
            Field.text("comment"));
    return connection.run(
        terminal, node -> output.print(terminal, node.get("/access/domains"), fields));
  }

  @Command(
      name = "sync",
      description = "Bring the users of an LDAP or AD realm here, and follow the task.")
  int sync(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "REALM") String realm,
      @Option(names = "--dry-run", description = "Only tell what would be done.") boolean dryRun,
      @Option(
              names = "--remove-vanished",
              paramLabel = "acl;entry;properties",
              description = "What goes here when it has gone there; default: as configured.")
          @Nullable String removeVanished)
      throws Exception {
    ObjectNode body = NodeConnection.object().put("dry-run", dryRun);
    if (removeVanished != null) {
      body.put("remove-vanished", removeVanished);
    }
    return connection.run(
        terminal,
        node -> {
          String path = "/access/domains/" + NodeConnection.segment(realm) + "/sync";
          new TaskFollower(terminal, node, node.post(path, body).asText()).toTheEnd();
        });
  }

  @Command(
      name = "create",
      description = {
        "Make a realm of type openid, ldap or ad.",
        "Its options are those of the API, e.g. server1=ldap.example.org base-dn=dc=example,dc=org"
            + " user-attr=uid. Secrets (password, client-key) come from --secret-file."
      })
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "TYPE", description = "openid, ldap or ad") String type,
      @Parameters(paramLabel = "REALM") String realm,
      @Parameters(paramLabel = "KEY=VALUE", arity = "0..*", description = "Options of the realm.")
          @Nullable List<String> options,
      @Option(
              names = "--secret-file",
              paramLabel = "FILE",
              description = "Its first line is the bind password, or the client's key.")
          @Nullable Path secretFile)
      throws Exception {
    ObjectNode body = NodeConnection.object().put("realm", realm);
    for (String option : options == null ? List.<String>of() : options) {
      int equals = option.indexOf('=');
      if (equals < 1) {
        throw new UsageException("'" + option + "' is no KEY=VALUE", null);
      }
      put(body, option.substring(0, equals), option.substring(equals + 1));
    }
    if (secretFile != null) {
      body.put(
          type.equals("openid") ? "client-key" : "password",
          Variables.read("--secret-file", secretFile).reveal());
    }
    return connection.run(
        terminal,
        node -> {
          var unused = node.post(path(type), body);
          terminal.line("created realm " + realm);
        });
  }

  /** With the JSON type that the API wants. */
  private static void put(ObjectNode body, String key, String value) {
    switch (value) {
      case "true", "false" -> body.put(key, Boolean.parseBoolean(value));
      default -> {
        if (key.equals("port") && value.matches("[0-9]{1,5}")) {
          body.put(key, Integer.parseInt(value));
        } else {
          body.put(key, value);
        }
      }
    }
  }

  @Command(name = "show", description = "Show a realm of type openid, ldap or ad.")
  int show(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "TYPE", description = "openid, ldap or ad") String type,
      @Parameters(paramLabel = "REALM") String realm)
      throws Exception {
    return connection.run(
        terminal, node -> OutputOption.json(terminal, node.get(path(type, realm))));
  }

  @Command(name = "delete", description = "Remove a realm, and none of its users.")
  int delete(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "TYPE", description = "openid, ldap or ad") String type,
      @Parameters(paramLabel = "REALM") String realm)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          node.delete(path(type, realm), Map.of());
          terminal.line("removed realm " + realm);
        });
  }

  private static String path(String type, String realm) {
    return path(type) + "/" + NodeConnection.segment(realm);
  }

  private static String path(String type) {
    return "/config/access/" + NodeConnection.segment(type);
  }
}
