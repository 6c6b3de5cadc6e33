package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.codec.binary.Base32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: who administers a node from a terminal finds each thing by its command. */
final class AdministrationTest {
  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void recoveryKeysAreShownOnceListedAndTakenAway() {
    node.admin("user create r@pbs");
    String keys = node.admin("user tfa recovery r@pbs");
    assertThat(keys.lines()).hasSize(10).allMatch(key -> key.matches("([0-9a-f]{4}-?){4}"));
    assertThat(node.admin("user tfa list r@pbs"))
        .contains("r@pbs", "recovery")
        .doesNotContain(keys);
    assertThat(node.admin("user tfa list r@pbs --output json")).contains("\"type\" : \"recovery\"");
    assertThat(node.admin("user tfa delete r@pbs recovery")).isEmpty();
    assertThat(node.admin("user tfa list r@pbs")).doesNotContain("recovery");
    assertThat(node.admin("user tfa unlock r@pbs")).contains("r@pbs was not locked");
  }

  /** A phone: it reads the secret as soon as it is shown, and types the code. */
  private static final class Phone extends InputStream {
    private final CommandLineOutput shown;
    private InputStream typed = InputStream.nullInputStream();
    private boolean asked;

    Phone(CommandLineOutput shown) {
      this.shown = shown;
    }

    @Override
    public int read() throws IOException {
      return typed().read();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      return typed().read(buffer, offset, length);
    }

    private InputStream typed() {
      if (!asked) {
        asked = true;
        typed = new ByteArrayInputStream(code().getBytes(StandardCharsets.UTF_8));
      }
      return typed;
    }

    private String code() {
      Matcher secret = Pattern.compile("secret=([A-Z2-7]+)").matcher(shown.text());
      assertThat(secret.find()).isTrue();
      try {
        return new TimeBasedOneTimePasswordGenerator()
                .generateOneTimePasswordString(
                    new SecretKeySpec(new Base32().decode(secret.group(1)), "HmacSHA1"),
                    Instant.now())
            + "\n";
      } catch (InvalidKeyException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void codesOfAnAppAreAddedByTheFirstCodeThatItShows() {
    node.admin("user create t@pbs");
    CommandLineOutput shown = new CommandLineOutput();
    int code =
        shown.run(
            Map.of(),
            new Phone(shown),
            "user",
            "tfa",
            "totp",
            "t@pbs",
            "--description",
            "phone",
            "--state",
            node.state());
    assertThat(code).as(shown.text()).isZero();
    assertThat(node.admin("user tfa list t@pbs")).contains("totp", "phone");
  }
}
