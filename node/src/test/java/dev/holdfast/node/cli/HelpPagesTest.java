package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

/** At stake: what the program says of itself is complete, in each of its forms. */
final class HelpPagesTest {
  @TempDir Path directory = Path.of("");

  @Test
  void everyCommandHasAManualPageThatNamesItsOptions() throws IOException {
    assertThat(CommandLineRun.of("man", directory.toString()).code()).isZero();
    String prune = Files.readString(directory.resolve("holdfast-prune.1"));
    assertThat(prune)
        .startsWith(".TH HOLDFAST-PRUNE 1 ")
        .contains("\n.SH NAME\nholdfast-prune \\- Remove the snapshots", "\\-\\-keep\\-daily N")
        .contains(".SH EXIT STATUS");
    assertThat(directory.resolve("holdfast-snapshot-notes-show.1")).exists();
    for (String name : Commands.NAMES) {
      assertThat(directory.resolve("holdfast-" + name + ".1")).exists();
    }
  }

  @Test
  void pagesAreUnderstoodByTheFormatter() throws IOException, InterruptedException {
    assumeTrue(
        Stream.of("/usr/bin/groff", "/usr/bin/mandoc").anyMatch(f -> Files.exists(Path.of(f))),
        "no formatter of manual pages on this machine");
    assertThat(CommandLineRun.of("man", directory.toString()).code()).isZero();
    List<String> command =
        Files.exists(Path.of("/usr/bin/groff"))
            ? List.of("groff", "-k", "-man", "-Tutf8", "-ww", "-z")
            : List.of("mandoc", "-T", "lint", "-W", "error");
    try (Stream<Path> pages = Files.list(directory)) {
      for (Path page : pages.toList()) {
        Process process =
            new ProcessBuilder(Stream.concat(command.stream(), Stream.of(page.toString())).toList())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void completionKnowsCommandsAndOptions(String shell) {
    CommandLineRun run = CommandLineRun.of("completion", shell);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("_picocli_holdfast_prune()", "--keep-daily", "snapshot");
  }

  @Test
  void everyArgumentIsDescribed() {
    check(Main.everything(Terminal.system()));
  }

  private static void check(CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    assertThat(command.getCommandSpec().usageMessage().description()).as(name).isNotEmpty();
    for (ArgSpec argument : command.getCommandSpec().args()) {
      boolean plainName = argument.isPositional() && argument.description().length == 0;
      if (!plainName) {
        assertThat(argument.description()).as("%s %s", name, argument).isNotEmpty();
      }
    }
    command.getSubcommands().values().forEach(HelpPagesTest::check);
  }
}
