package dev.holdfast.node.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.notify.FakeMailServer.Encryption;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: the password of the mail server is told to that server only, and by nobody read. */
final class MailSenderTest {
  private static final String CREDENTIALS =
      "AUTH PLAIN "
          + Base64.getEncoder()
              .encodeToString("node\0node\0mail-pw".getBytes(StandardCharsets.UTF_8));
  private static final Notification EVENT =
      new Notification(
          Severity.ERROR,
          Instant.parse("2024-05-01T18:30:00Z"),
          new TreeMap<>(Map.of("type", "verify")),
          "lyon: verify job 'weekly' failed",
          "Two chunks are damaged.\n");

  private static Optional<String> nobody(AuthId user) {
    return Optional.empty();
  }

  private static MailSender smtp(FakeMailServer server, String mode, SSLSocketFactory trust) {
    SortedMap<String, String> values = new TreeMap<>();
    values.put("server", "127.0.0.1");
    values.put("port", Integer.toString(server.port()));
    values.put("mode", mode);
    values.put("username", "node");
    values.put("from-address", "node@lyon.example");
    values.put("mailto", "ops@example.org");
    return MailSender.smtp(
        Section.of("smtp", "mail", values),
        new TreeMap<>(Map.of("password", List.of("mail-pw"))),
        MailSenderTest::nobody,
        trust);
  }

  @ParameterizedTest
  @CsvSource({"tls, AT_ONCE", "starttls, AFTER_STARTTLS"})
  void passwordAndMailGoThroughTls(String mode, Encryption encryption) throws Exception {
    try (FakeMailServer server = new FakeMailServer(encryption)) {
      smtp(server, mode, server.trustingIt()).send(EVENT);
      assertThat(server.lines())
          .contains("tls: " + CREDENTIALS, "tls: Two chunks are damaged.")
          .contains("tls: RCPT TO:<ops@example.org>")
          .noneMatch(line -> line.startsWith("plain: AUTH"));
    }
  }

  @ParameterizedTest
  @CsvSource({"tls, AT_ONCE", "starttls, AFTER_STARTTLS"})
  void certificateThatNobodyVouchesForGetsNoPassword(String mode, Encryption encryption)
      throws Exception {
    try (FakeMailServer server = new FakeMailServer(encryption)) {
      SSLSocketFactory usual = (SSLSocketFactory) SSLSocketFactory.getDefault();
      assertThatThrownBy(() -> smtp(server, mode, usual).send(EVENT))
          .hasMessageContaining("mail by 'mail' failed")
          .hasMessageNotContaining("mail-pw");
      assertThat(server.lines()).noneMatch(line -> line.contains("AUTH"));
    }
  }

  @Test
  void serverThatDoesNotOfferTlsGetsNoPasswordWhereTlsIsWanted() throws Exception {
    try (FakeMailServer server = new FakeMailServer(Encryption.NEVER)) {
      assertThatThrownBy(() -> smtp(server, "starttls", server.trustingIt()).send(EVENT))
          .hasMessageContaining("STARTTLS");
      assertThat(server.lines()).noneMatch(line -> line.contains("AUTH"));
    }
  }

  // ---- sendmail ----

  private static Path program(Path directory, String body) throws Exception {
    Path program = directory.resolve("sendmail");
    Files.writeString(program, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    return program;
  }

  private static MailSender local(Path program) {
    return MailSender.sendmail(
        Section.of("sendmail", "mail", Map.of("mailto", "ops@example.org")),
        MailSenderTest::nobody,
        program);
  }

  @Test
  void machinesOwnProgramGetsTheMailAndReadsItsReceiversThere(@TempDir Path directory)
      throws Exception {
    Path mail = directory.resolve("mail");
    local(program(directory, "echo \"$@\" > " + mail + "; cat >> " + mail)).send(EVENT);
    assertThat(mail)
        .content()
        .startsWith("-B 8BITMIME -t -i\n")
        .contains("To: ops@example.org", "Subject: " + EVENT.title(), "Two chunks are damaged.");
  }

  @Test
  void programThatFailsOrIsMissingIsTold(@TempDir Path directory) throws Exception {
    Path failing = program(directory, "cat > /dev/null; exit 75");
    assertThatThrownBy(() -> local(failing).send(EVENT)).hasMessageContaining("ended with 75");
    assertThatThrownBy(() -> local(directory.resolve("none")).send(EVENT))
        .hasMessageContaining("this machine has no '");
  }
}
