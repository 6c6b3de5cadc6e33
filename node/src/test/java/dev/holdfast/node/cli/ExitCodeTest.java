package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** At stake: scripts decide by these numbers, so they never change, and every error has one. */
final class ExitCodeTest {
  private static final Map<Kind, Integer> NUMBERS = new EnumMap<>(Kind.class);

  static {
    NUMBERS.put(Kind.NOT_FOUND, 6);
    NUMBERS.put(Kind.ALREADY_EXISTS, 1);
    NUMBERS.put(Kind.UNAUTHENTICATED, 5);
    NUMBERS.put(Kind.PERMISSION, 5);
    NUMBERS.put(Kind.INVALID_INPUT, 1);
    NUMBERS.put(Kind.LOCKED, 7);
    NUMBERS.put(Kind.CORRUPT_DATA, 8);
    NUMBERS.put(Kind.UNSUPPORTED_VERSION, 1);
    NUMBERS.put(Kind.PEER_UNREACHABLE, 3);
    NUMBERS.put(Kind.PEER_UNTRUSTED, 4);
    NUMBERS.put(Kind.OUT_OF_SPACE, 9);
    NUMBERS.put(Kind.CANCELLED, 130);
    NUMBERS.put(Kind.NOT_BUILT, 1);
    NUMBERS.put(Kind.INTERNAL, 1);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void everyKindHasItsNumber(Kind kind) {
    assertThat(ExitCode.of(new BackupException(kind, "text")).number())
        .isEqualTo(NUMBERS.get(kind));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no such datastore 'x'                                  | 6",
        "no such user 'x@pbs'                                   | 6",
        "snapshot host/a/2024-06-05T10:00:00Z does not exist!   | 6",
        "write failed - No space left on device (os error 28)   | 9",
        "backup owner check failed (a@pbs != b@pbs)             | 1",
      })
  void whatServersCallInvalidIsToldByItsText(String text, int number) {
    assertThat(ExitCode.of(BackupException.invalid(text)).number()).isEqualTo(number);
  }

  @ParameterizedTest
  @EnumSource(ExitCode.class)
  void theReferenceNamesEveryNumber(ExitCode code) throws IOException {
    String reference = Files.readString(Path.of("docs", "cli.md"));
    assertThat(reference).contains("| " + code.number() + " | " + code.meaning() + " |");
  }

  @Test
  void theHelpNamesEveryNumber() {
    String help = CommandLineRun.of("--help").out();
    for (ExitCode code : ExitCode.values()) {
      assertThat(help).containsPattern("\\b" + code.number() + " ");
    }
  }
}
