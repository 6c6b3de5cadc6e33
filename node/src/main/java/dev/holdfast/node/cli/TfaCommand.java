package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.cli.Table.Align;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.apache.commons.codec.binary.Base32;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "tfa", description = "Second login factors of users.")
final class TfaCommand {
  /** Of RFC 4226's recommendation. */
  private static final int SECRET_BYTES = 20;

  private final Terminal terminal;

  TfaCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List second factors, of one user or of all.")
  int list(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "USERID", arity = "0..1") @Nullable AuthId user)
      throws Exception {
    List<Field> fields =
        List.of(
            Field.text("userid"),
            Field.text("type"),
            Field.text("id"),
            Field.text("description"),
            Field.time("created"),
            Field.of("enabled", Align.LEFT, row -> row.path("enable").asBoolean(true) ? "yes" : ""),
            Field.text("locked"));
    return connection.run(
        terminal, node -> output.print(terminal, rows(node.get("/access/tfa"), user), fields));
  }

  /** One row for each factor. */
  private static ArrayNode rows(JsonNode users, @Nullable AuthId wanted) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    for (JsonNode user : users) {
      String id = user.path("userid").asText();
      if (wanted == null || wanted.toString().equals(id)) {
        for (JsonNode entry : user.path("entries")) {
          ObjectNode row = rows.addObject().put("userid", id);
          row.setAll((ObjectNode) entry);
          if (user.has("tfa-locked-until")) {
            row.put("locked", "until " + HumanText.time(user.path("tfa-locked-until").asLong()));
          } else if (user.path("totp-locked").asBoolean() && isTotp(entry)) {
            row.put("locked", "yes");
          }
        }
      }
    }
    return rows;
  }

  private static boolean isTotp(JsonNode entry) {
    return entry.path("type").asText().equals("totp");
  }

  @Command(
      name = "totp",
      description = {
        "Add one-time codes of an app on a phone.",
        "Prints a QR code for the app and asks for the first code that it shows."
      })
  int totp(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID") AuthId user,
      @Option(
              names = "--description",
              paramLabel = "TEXT",
              required = true,
              description = "By which its user knows it.")
          String description)
      throws Exception {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    String uri =
        "otpauth://totp/"
            + NodeConnection.segment(user.toString())
            + "?secret="
            + new Base32().encodeToString(secret)
            + "&issuer="
            + URLEncoder.encode("Holdfast", StandardCharsets.UTF_8);
    terminal.message(QrCode.of(uri).blocks() + "\n" + uri + "\n");
    ObjectNode body =
        NodeConnection.object()
            .put("type", "totp")
            .put("description", description)
            .put("totp", uri)
            .put("value", code());
    connection.password(terminal).ifPresent(p -> body.put("password", p.reveal()));
    return connection.run(
        terminal, node -> terminal.line("id: " + node.post(path(user), body).path("id").asText()));
  }

  private String code() throws IOException {
    terminal.err().print("Code that the app shows now: ");
    terminal.err().flush();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
    String line = in.readLine();
    if (line == null || line.isBlank()) {
      throw new UsageException("no code was given", "Add the app's secret and type its code.");
    }
    return line.strip();
  }

  @Command(
      name = "recovery",
      description = "Make recovery keys; each is good for one login, and shown this once.")
  int recovery(@Mixin ConnectionOptions connection, @Parameters(paramLabel = "USERID") AuthId user)
      throws Exception {
    ObjectNode body = NodeConnection.object().put("type", "recovery");
    connection.password(terminal).ifPresent(p -> body.put("password", p.reveal()));
    return connection.run(
        terminal,
        node ->
            node.post(path(user), body)
                .path("recovery")
                .forEach(key -> terminal.line(key.asText())));
  }

  @Command(
      name = "delete",
      description = "Take a second factor away; the id of all recovery keys is 'recovery'.")
  int delete(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "USERID") AuthId user,
      @Parameters(paramLabel = "ID") String id)
      throws Exception {
    Map<String, String> query =
        connection
            .password(terminal)
            .map(password -> Map.of("password", password.reveal()))
            .orElse(Map.of());
    return connection.run(
        terminal, node -> node.delete(path(user) + "/" + NodeConnection.segment(id), query));
  }

  @Command(name = "unlock", description = "Take the lock of too many wrong codes away.")
  int unlock(@Mixin ConnectionOptions connection, @Parameters(paramLabel = "USERID") AuthId user)
      throws Exception {
    String path = "/access/users/" + NodeConnection.segment(user.toString()) + "/unlock-tfa";
    return connection.run(
        terminal,
        node ->
            terminal.line(
                node.put(path, NodeConnection.object()).asBoolean()
                    ? "unlocked " + user
                    : user + " was not locked"));
  }

  private static String path(AuthId user) {
    return "/access/tfa/" + NodeConnection.segment(user.toString());
  }
}
