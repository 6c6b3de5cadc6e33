package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.cli.Table.Align;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "server", description = "InfluxDB servers that the node sends its figures to.")
final class MetricServerCommand {
  private static final String LIST = "/admin/metrics";
  private static final String HTTP = "influxdb-http";
  private static final String UDP = "influxdb-udp";
  private static final List<String> DELETABLE_OF_HTTP =
      List.of(
          "token", "bucket", "organization", "max-body-size", "verify-tls", "enable", "comment");
  private static final List<String> DELETABLE_OF_UDP = List.of("mtu", "enable", "comment");

  private final Terminal terminal;

  MetricServerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** In the words of the API, which checks them. */
  private static final class Options {
    @Option(
        names = "--url",
        paramLabel = "URL",
        converter = Checks.HttpUrl.class,
        description =
            "Of a server that takes figures by HTTP, such as https://influx.example:8086.")
    private @Nullable String url;

    @Option(
        names = "--host",
        paramLabel = "HOST:PORT",
        converter = Checks.HostWithPort.class,
        description = "Of a server that listens for datagrams.")
    private @Nullable String host;

    @Option(
        names = "--token-file",
        paramLabel = "FILE",
        description = "Its first line lets the node write there by HTTP.")
    private @Nullable Path tokenFile;

    @Option(names = "--organization", paramLabel = "NAME", description = "By HTTP; else proxmox.")
    private @Nullable String organization;

    @Option(names = "--bucket", paramLabel = "NAME", description = "By HTTP; else proxmox.")
    private @Nullable String bucket;

    @Option(
        names = "--verify-tls",
        arity = "0..1",
        paramLabel = "true|false",
        fallbackValue = "true",
        description = "By HTTPS: whether its certificate is checked; else true.")
    private @Nullable Boolean verifyTls;

    @Option(
        names = "--mtu",
        paramLabel = "BYTES",
        description = "Of text in a datagram; else 1500.")
    private @Nullable Integer mtu;

    @Option(
        names = "--enable",
        arity = "0..1",
        paramLabel = "true|false",
        fallbackValue = "true",
        description = "Whether figures are sent; else true.")
    private @Nullable Boolean enable;

    @Option(names = "--comment", paramLabel = "TEXT", description = "One line.")
    private @Nullable String comment;

    ObjectNode body() throws Exception {
      ObjectNode body = NodeConnection.object();
      Given.put(body, "url", url);
      Given.put(body, "host", host);
      Given.put(body, "organization", organization);
      Given.put(body, "bucket", bucket);
      Given.put(body, "comment", comment);
      if (tokenFile != null) {
        body.put("token", Variables.read("--token-file", tokenFile).reveal());
      }
      Given.put(body, "verify-tls", verifyTls);
      Given.put(body, "mtu", mtu);
      Given.put(body, "enable", enable);
      return body;
    }
  }

  @Command(name = "list", description = "List the servers.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    List<Field> fields =
        List.of(
            Field.text("name"),
            Field.text("type"),
            Field.text("server"),
            Field.of("enabled", Align.LEFT, row -> row.path("enable").asBoolean() ? "yes" : ""),
            Field.text("comment"));
    return connection.run(terminal, node -> output.print(terminal, node.get(LIST), fields));
  }

  @Command(name = "show", description = "Show a server, without its token.")
  int show(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "NAME", converter = Checks.ServerName.class) String name)
      throws Exception {
    return connection.run(
        terminal, node -> output.properties(terminal, node.get(path(node, name))));
  }

  @Command(
      name = "create",
      description = "Send figures to a server, which has to be there: one of --url and --host.")
  int create(
      @Mixin ConnectionOptions connection,
      @Parameters(
              paramLabel = "NAME",
              converter = Checks.ServerName.class,
              description = "A new name.")
          String name,
      @Mixin Options options)
      throws Exception {
    if ((options.url == null) == (options.host == null)) {
      throw BackupException.invalid("give one of --url and --host");
    }
    String type = options.url == null ? UDP : HTTP;
    ObjectNode body = options.body().put("name", name);
    return connection.run(
        terminal,
        node -> {
          var unused = node.post("/config/metrics/" + type, body);
          terminal.line("created metric server " + name);
        });
  }

  @Command(name = "update", description = "Change a server; what is not given stays.")
  int update(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME", converter = Checks.ServerName.class) String name,
      @Mixin Options options,
      @Option(
              names = "--delete",
              paramLabel = "PROPERTY",
              split = ",",
              description = "Take this away, such as `token`.")
          @Nullable List<String> delete)
      throws Exception {
    ObjectNode body = options.body();
    Given.put(body, "delete", delete);
    return connection.run(
        terminal,
        node -> {
          String path = path(node, name);
          Checks.requireDeletable(
              delete, path.contains(HTTP) ? DELETABLE_OF_HTTP : DELETABLE_OF_UDP);
          var unused = node.put(path, body);
          terminal.line("updated metric server " + name);
        });
  }

  @Command(name = "remove", description = "Send nothing more to a server.")
  int remove(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "NAME", converter = Checks.ServerName.class) String name)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          node.delete(path(node, name), Map.of());
          terminal.line("removed metric server " + name);
        });
  }

  /** A name is one server's, of whichever type. */
  private static String path(NodeConnection node, String name) {
    for (JsonNode server : node.get(LIST)) {
      if (server.path("name").asText().equals(name)) {
        return "/config/metrics/"
            + server.path("type").asText()
            + "/"
            + NodeConnection.segment(name);
      }
    }
    throw BackupException.notFound("there is no metric server '" + name + "'");
  }
}
