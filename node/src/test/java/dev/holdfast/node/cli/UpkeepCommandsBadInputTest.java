package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.node.testing.PlainRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * At stake: whoever types a rule, schedule, name, depth, path, mode or threshold that cannot be
 * reads one error that names it, what was found and what is allowed; nothing has changed, and a
 * script sees that it failed. No argument of the commands for upkeep is without a row, unless
 * anything is allowed in it.
 */
final class UpkeepCommandsBadInputTest {
  private static final Set<String> AREA =
      Set.of(
          "datastore",
          "prune",
          "prune-job",
          "verify-job",
          "garbage-collect",
          "namespace",
          "move",
          "sync",
          "notify",
          "task");

  /** Any text; files and directories; and what all commands have, which is tested by itself. */
  private static final Set<String> FREE =
      Set.of(
          "--auth-id",
          "--bucket",
          "--comment",
          "--crypt-mode",
          "--fingerprint",
          "--node",
          "--organization",
          "--password-file",
          "--repository",
          "--server",
          "--port",
          "--datastore",
          "--state",
          "--output",
          "--token-file",
          "PATH");

  private static final String ROWS =
      """
      datastore create ma DIRECTORY/x | NAME | 'ma' | expected 3 to 32 characters
      datastore create a/b DIRECTORY/x | NAME | 'a/b' | expected letters, digits
      datastore adopt DIRECTORY --name x | --name | 'x' | expected 3 to 32 characters
      datastore show x | NAME | 'x' | expected 3 to 32 characters
      datastore update x --comment y | NAME | 'x' | expected 3 to 32 characters
      datastore operations x | NAME | 'x' | expected 3 to 32 characters
      datastore remove x | NAME | 'x' | expected 3 to 32 characters
      datastore update main --gc-schedule 25:61 | 'gc-schedule' | found '25:61' | a calendar event such as
      datastore update main --verify-new=maybe | --verify-new | found 'maybe' | expected true or false
      datastore update main --maintenance-mode asleep | 'maintenance-mode' | found 'asleep' | expected read-only or offline
      datastore update main --maintenance-mode delete | 'maintenance-mode' | 'delete' | expected read-only or offline
      datastore update main --tuning gc-atime-cutoff=2881 | 'tuning' | found 'gc-atime-cutoff=2881' | from 1 to 2880
      datastore update main --delete path | --delete | found 'path' | expected one of comment, gc-schedule
      prune host/web --keep-last 0 | --keep-last | found 0 | expected 1 or more
      prune host/web --keep-hourly x | --keep-hourly | found 'x' | expected a whole number
      prune host/web --keep-daily -1 | --keep-daily | found -1 | expected 1 or more
      prune host/web --keep-weekly 1.5 | --keep-weekly | found '1.5' | expected a whole number
      prune host/web --keep-monthly 99999999999999999999 | --keep-monthly | found '99999999999999999999' | expected a whole number of at most
      prune host/web --keep-yearly 0 | --keep-yearly | found 0 | expected 1 or more
      prune pc/web --keep-last 1 | GROUP | 'pc' | expected vm, ct or host
      prune host/web --ns a//b | --ns | '' | expected letters, digits
      prune host/web --ns 1/2/3/4/5/6/7/8 | --ns | 8 | max 7
      prune simulate --schedule 25:61 | --schedule | found '25:61' | a calendar event such as
      prune simulate --schedule daily --prune-schedule 25:61 | --prune-schedule | found '25:61' | a calendar event such as
      prune simulate --schedule daily --hold forever | --hold | found 'forever' | a time span such as
      prune simulate --schedule daily --span never | --span | found 'never' | a time span such as
      prune simulate --schedule daily --size much | --size | 'much' | expected e.g. 512, 10MB
      prune simulate --schedule daily --size 0 | size | found a size of 0 bytes | expected 1 or more
      prune simulate --schedule daily --size 1GiB --change some | --change | 'some' | expected e.g. 512, 10MB
      prune simulate --schedule daily --size 1GiB --change 2GiB | change | found a change of 2 GiB | at most the size of one, 1 GiB
      prune simulate --schedule daily --change 2GiB | change | found a change without a size | expected both
      prune simulate --schedule daily --span 0 | --span | found | expected a second or more
      prune simulate --schedule daily --keep-last 0 | --keep-last | found 0 | expected 1 or more
      prune simulate --schedule daily --keep-hourly 0 | --keep-hourly | found 0 | expected 1 or more
      prune simulate --schedule daily --keep-daily 0 | --keep-daily | found 0 | expected 1 or more
      prune simulate --schedule daily --keep-weekly 0 | --keep-weekly | found 0 | expected 1 or more
      prune simulate --schedule daily --keep-monthly 0 | --keep-monthly | found 0 | expected 1 or more
      prune simulate --schedule daily --keep-yearly 0 | --keep-yearly | found 0 | expected 1 or more
      prune-job show x | ID | found 'x' | expected a name of 3 to 128 letters, digits
      prune-job remove a/b | ID | found 'a/b' | expected a name of 3 to 128
      prune-job run .ab | ID | found '.ab' | expected a name of 3 to 128
      prune-job create x --store main --schedule daily | ID | found 'x' | expected a name of 3 to 128
      prune-job create job --store x --schedule daily | --store | 'x' | expected 3 to 32 characters
      prune-job create job --store main --schedule 25:61 | 'schedule' | found '25:61' | a calendar event such as
      prune-job create job --store main --schedule daily --ns a//b | --ns | '' | expected letters, digits
      prune-job create job --store main --schedule daily --max-depth 8 | 'max-depth' | (got 8) | maximum value of 7
      prune-job create job --store main --schedule daily --ns a/b --max-depth 6 | depth and recursion depth exceed limit | 2 + 6 | > 7
      prune-job create job --store main --schedule daily --max-depth all | --max-depth | found 'all' | expected a whole number
      prune-job create job --store main --schedule daily --disable=maybe | --disable | found 'maybe' | expected true or false
      prune-job create job --store main --schedule daily --keep-last 0 | --keep-last | found 0 | expected 1 or more
      prune-job create job --store main --schedule daily --keep-hourly 0 | --keep-hourly | found 0 | expected 1 or more
      prune-job create job --store main --schedule daily --keep-daily 0 | --keep-daily | found 0 | expected 1 or more
      prune-job create job --store main --schedule daily --keep-weekly 0 | --keep-weekly | found 0 | expected 1 or more
      prune-job create job --store main --schedule daily --keep-monthly 0 | --keep-monthly | found 0 | expected 1 or more
      prune-job create job --store main --schedule daily --keep-yearly 0 | --keep-yearly | found 0 | expected 1 or more
      prune-job update x --comment y | ID | found 'x' | expected a name of 3 to 128
      prune-job update nightly --store x | --store | 'x' | expected 3 to 32 characters
      prune-job update nightly --schedule 25:61 | 'schedule' | found '25:61' | a calendar event such as
      prune-job update nightly --ns 1/2/3/4/5/6/7/8 | --ns | 8 | max 7
      prune-job update nightly --max-depth -1 | 'max-depth' | (got -1) | minimum value of 0
      prune-job update nightly --disable=maybe | --disable | found 'maybe' | expected true or false
      prune-job update nightly --keep-last 0 | --keep-last | found 0 | expected 1 or more
      prune-job update nightly --keep-hourly 0 | --keep-hourly | found 0 | expected 1 or more
      prune-job update nightly --keep-daily 0 | --keep-daily | found 0 | expected 1 or more
      prune-job update nightly --keep-weekly 0 | --keep-weekly | found 0 | expected 1 or more
      prune-job update nightly --keep-monthly 0 | --keep-monthly | found 0 | expected 1 or more
      prune-job update nightly --keep-yearly 0 | --keep-yearly | found 0 | expected 1 or more
      prune-job update nightly --delete store | --delete | found 'store' | expected one of ns, max-depth
      verify-job show x | ID | found 'x' | expected a name of 3 to 128
      verify-job remove x | ID | found 'x' | expected a name of 3 to 128
      verify-job run x | ID | found 'x' | expected a name of 3 to 128
      verify-job create x --store main | ID | found 'x' | expected a name of 3 to 128
      verify-job create job --store x | --store | 'x' | expected 3 to 32 characters
      verify-job create job --store main --schedule 25:61 | 'schedule' | found '25:61' | a calendar event such as
      verify-job create job --store main --ns a//b | --ns | '' | expected letters, digits
      verify-job create job --store main --max-depth 8 | 'max-depth' | (got 8) | maximum value of 7
      verify-job create job --store main --ignore-verified=maybe | --ignore-verified | found 'maybe' | expected true or false
      verify-job create job --store main --outdated-after -1 | 'outdated-after' | (got -1) | minimum value of 0
      verify-job create job --store main --outdated-after 30d | --outdated-after | found '30d' | expected a whole number
      verify-job create job --store main --read-threads 0 | 'read-threads' | (got 0) | minimum value of 1
      verify-job create job --store main --verify-threads 33 | 'verify-threads' | (got 33) | maximum value of 32
      verify-job update x --comment y | ID | found 'x' | expected a name of 3 to 128
      verify-job update weekly --store x | --store | 'x' | expected 3 to 32 characters
      verify-job update weekly --schedule 25:61 | 'schedule' | found '25:61' | a calendar event such as
      verify-job update weekly --ns a//b | --ns | '' | expected letters, digits
      verify-job update weekly --max-depth 8 | 'max-depth' | (got 8) | maximum value of 7
      verify-job update weekly --ignore-verified=maybe | --ignore-verified | found 'maybe' | expected true or false
      verify-job update weekly --outdated-after -1 | 'outdated-after' | (got -1) | minimum value of 0
      verify-job update weekly --read-threads 33 | 'read-threads' | (got 33) | maximum value of 32
      verify-job update weekly --verify-threads 0 | 'verify-threads' | (got 0) | minimum value of 1
      verify-job update weekly --delete store | --delete | found 'store' | expected one of schedule, ns
      namespace list a//b | NAMESPACE | '' | expected letters, digits
      namespace list --max-depth 8 | 'max-depth' | (got 8) | maximum value of 7
      namespace create 1/2/3/4/5/6/7/8 | NAMESPACE | 8 | max 7
      namespace delete a//b | NAMESPACE | '' | expected letters, digits
      namespace usage --ns a//b | --ns | '' | expected letters, digits
      namespace usage x | STORE | 'x' | expected 3 to 32 characters
      move group pc/web a | GROUP | 'pc' | expected vm, ct or host
      move group host/web a//b | TARGET | '' | expected letters, digits
      move group host/web a --ns a//b | --ns | '' | expected letters, digits
      move group host/web a --to-datastore x | --to-datastore | 'x' | expected 3 to 32 characters
      move namespace a//b c | NAMESPACE | '' | expected letters, digits
      move namespace a 1/2/3/4/5/6/7/8 | TARGET | 8 | max 7
      move namespace a b --to-datastore x | --to-datastore | 'x' | expected 3 to 32 characters
      move namespace a b --max-depth 8 | 'max-depth' | (got 8) | maximum value of 7
      move resume yesterday | name of a move | 'yesterday' | expected YYYYMMDDTHHMMSSZ-xxxx
      move undo yesterday | name of a move | 'yesterday' | expected YYYYMMDDTHHMMSSZ-xxxx
      sync plan a/b | ID | found 'a/b' | expected a name of 1 to 128
      sync run a/b | ID | found 'a/b' | expected a name of 1 to 128
      notify test x | TARGET | found 'x' | expected a name of 2 to 64
      task list --limit -1 | 'limit' | (got -1) | minimum value of 0
      task list --limit some | --limit | found 'some' | expected a whole number
      task log backup | UPID | found 'backup' | expected an id as `task list` shows it
      task stop backup | UPID | found 'backup' | expected an id as `task list` shows it
      """;

  private static final String SERVERS =
      """
      metrics server show x | NAME | found 'x' | expected a name of 3 to 32
      metrics server create x --host a.example:1 | NAME | found 'x' | expected a name of 3 to 32
      metrics server create graphs --host a.example:0 | host | 'a.example:0' | a port from 1 to 65535
      metrics server create graphs --host a.example | --host | 'a.example' | HOST:PORT
      metrics server create graphs --url ftp://a.example | --url | 'ftp://a.example' | http://HOST[:PORT]
      metrics server create graphs --host a.example:1 --mtu 511 | 'mtu' | (got 511) | minimum value of 512
      metrics server create graphs --host a.example:1 --enable=maybe | --enable | found 'maybe' | expected true or false
      metrics server create graphs --url http://a.example --verify-tls=maybe | --verify-tls | found 'maybe' | expected true or false
      metrics server update known --host a.example | --host | 'a.example' | HOST:PORT
      metrics server update known --mtu 65508 | 'mtu' | (got 65508) | maximum value of 65507
      metrics server update known --delete host | --delete | found 'host' | expected one of mtu, enable, comment
      metrics server remove x | NAME | found 'x' | expected a name of 3 to 32
      """;

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
    node.admin("prune-job create nightly --store main --schedule daily --keep-last 3");
    node.admin("verify-job create weekly --store main --schedule weekly");
    node.admin("metrics server create known --host 127.0.0.1:9");
    node.admin("metrics server create seen --url https://influx.example --enable false");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** What there is, and what the configurations say. */
  private static Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    for (String part : List.of(".", "state", "store")) {
      try (Stream<Path> files = Files.list(shared.resolve(part))) {
        for (Path file : files.toList()) {
          boolean configuration = file.toString().endsWith(".cfg");
          state.put(file.toString(), configuration ? Files.readString(file) : "");
        }
      }
    }
    return state;
  }

  private static void refused(String line, String field, String found, String allowed)
      throws IOException {
    Map<String, String> before = state();
    String[] arguments = line.replace("DIRECTORY", shared.toString()).split(" ");
    boolean ofRepository =
        Set.of("prune", "namespace", "move").contains(arguments[0]) && !line.contains("simulate");
    CommandLineRun run =
        ofRepository
            ? node.run(arguments)
            : CommandLineRun.of(
                line.startsWith("prune simulate")
                    ? arguments
                    : Stream.concat(Stream.of(arguments), Stream.of("--state", node.state()))
                        .toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isIn(ExitCode.FAILED.number(), ExitCode.USAGE.number());
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines().filter(each -> each.startsWith("error: "))).hasSize(1);
    assertThat(run.err().lines().findFirst().orElse("")).contains(field, found, allowed);
    assertThat(run.err()).doesNotContain("\tat ", "defect");
    assertThat(state()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = ROWS)
  void whatCannotBeIsRefused(String line, String field, String found, String allowed)
      throws IOException {
    refused(line, field, found, allowed);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = SERVERS)
  void whatNoMetricServerCanBeIsRefused(String line, String field, String found, String allowed)
      throws IOException {
    refused(line, field, found, allowed);
  }

  // ---- completeness ----

  /** The words are the API's, which alone knows what can be taken away. */
  @ParameterizedTest
  @CsvSource({
    "datastore update main, /config/datastore/{name}",
    "prune-job update nightly, /config/prune/{id}",
    "verify-job update weekly, /config/verify/{id}",
    "metrics server update known, /config/metrics/influxdb-udp/{name}",
    "metrics server update seen, /config/metrics/influxdb-http/{name}",
  })
  void whatCanBeDeletedIsWhatTheInterfaceLists(String command, String path) throws IOException {
    JsonNode words =
        new JsonMapper()
            .readTree(
                new PlainRequest("GET /api2/openapi.json")
                    .send(node.node().address().port())
                    .body())
            .at("/paths/" + path.replace("/", "~1") + "/put/requestBody/content")
            .path("application/json")
            .at("/schema/properties/delete/items/enum");
    List<String> deletable = new ArrayList<>();
    words.forEach(word -> deletable.add(word.asText()));
    assertThat(deletable).isNotEmpty();
    refused(
        command + " --delete nothing",
        "--delete",
        "found 'nothing'",
        "expected one of " + String.join(", ", deletable));
  }

  @Test
  void noArgumentIsWithoutARow() {
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            Map.of(),
            false,
            new Interruption(false));
    Set<String> missing = new TreeSet<>();
    Main.everything(terminal)
        .getSubcommands()
        .forEach(
            (name, command) -> {
              if (AREA.contains(name)) {
                look(command, name, missing);
              }
            });
    assertThat(missing).isEmpty();
  }

  private static void look(CommandLine command, String path, Set<String> missing) {
    CommandSpec spec = command.getCommandSpec();
    for (OptionSpec option : spec.options()) {
      boolean free = Stream.of(option.names()).anyMatch(FREE::contains);
      if (takesValue(option) && !free) {
        note(path, option.longestName(), missing);
      }
    }
    for (PositionalParamSpec place : spec.positionalParameters()) {
      if (!FREE.contains(place.paramLabel())) {
        note(path, place.paramLabel(), missing);
      }
    }
    command.getSubcommands().forEach((name, below) -> look(below, path + " " + name, missing));
  }

  /** Not a flag, whose presence is its value. */
  private static boolean takesValue(ArgSpec argument) {
    return argument.arity().max() > 0 && !argument.type().equals(boolean.class);
  }

  private static void note(String path, String argument, Set<String> missing) {
    boolean there =
        ROWS.lines()
            .map(row -> row.split("\\|", -1))
            .anyMatch(
                columns ->
                    columns[0].startsWith(path + " ")
                        && (argument.startsWith("--")
                            ? (columns[0].strip() + " ").matches(".* " + argument + "[ =].*")
                            : columns[1].strip().equals(argument) || argument.equals("MOVE")));
    if (!there) {
      missing.add(path + " " + argument);
    }
  }
}
