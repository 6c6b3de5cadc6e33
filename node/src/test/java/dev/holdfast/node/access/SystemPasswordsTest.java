package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: the machine's PAM decides who is let in, by its own rules, and whatever it does, the
 * node neither dies of it nor waits for ever. A real libpam runs services of the test's own, whose
 * program is told the password.
 */
final class SystemPasswordsTest {
  private static final AuthId USER = AuthId.parse("somebody@pam");
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Path directory;

  SystemPasswordsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static LibPam library() {
    Optional<LibPam> library = LibPam.find();
    assumeTrue(library.isPresent(), "this machine has no " + LibPam.LIBRARY);
    assumeTrue(
        library.orElseThrow().takesDirectory(), "its PAM is older than 1.4: no pam_start_confdir");
    return library.orElseThrow();
  }

  private SystemPasswords service(Duration answerTimeMax, String... lines) throws IOException {
    Files.writeString(directory.resolve("test"), String.join("\n", lines) + "\n");
    return new SystemPasswords(Optional.of(library()), "test", directory, answerTimeMax);
  }

  /** A shell program that has the password in {@code $given}. */
  private String program(String body) throws IOException {
    Path program = directory.resolve("program");
    Files.writeString(
        program, "#!/bin/sh\ngiven=$(tr -d '\\000')\n" + body + "\n", StandardCharsets.UTF_8);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    return "auth required pam_exec.so expose_authtok quiet " + program;
  }

  private static void refused(SystemPasswords passwords, String password, String why) {
    assertThatThrownBy(() -> passwords.check(USER, new Secret(password))).hasMessageContaining(why);
  }

  @Test
  void passwordGoesToTheModuleThatAsksAndItsAnswerDecides() throws IOException {
    SystemPasswords passwords =
        service(
            LONG,
            program("[ \"$PAM_USER:$given\" = 'somebody:geheim ü' ]"),
            "account required pam_permit.so");
    assertThatCode(() -> passwords.check(USER, new Secret("geheim ü"))).doesNotThrowAnyException();
    refused(passwords, "geheim u", "PAM service 'test': ");
    refused(passwords, "x".repeat(2000), "PAM service 'test': ");
  }

  @Test
  void moduleThatTellsSomethingIsListenedToAndGetsNoAnswer() throws IOException {
    Files.writeString(directory.resolve("told"), "good morning\n");
    SystemPasswords passwords =
        service(
            LONG,
            "auth optional pam_echo.so file=" + directory.resolve("told"),
            "auth required pam_permit.so",
            "account required pam_permit.so");
    assertThatCode(() -> passwords.check(USER, new Secret("any"))).doesNotThrowAnyException();
  }

  @Test
  void accountThatMayNotBeUsedIsRefusedInSpiteOfTheRightPassword() throws IOException {
    refused(
        service(LONG, "auth required pam_permit.so", "account required pam_deny.so"),
        "right",
        "PAM service 'test': ");
  }

  @Test
  void noPasswordIsNobodysEvenWherePamWouldTakeIt() throws IOException {
    SystemPasswords passwords =
        service(LONG, "auth required pam_permit.so", "account required pam_permit.so");
    refused(passwords, "", "invalid credentials");
    refused(passwords, "right\0more", "invalid credentials");
  }

  @Test
  void moduleThatHangsIsNotWaitedForForEver() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    SystemPasswords passwords =
        service(
            Duration.ofMillis(300),
            program("read line < " + pipe + "; exit 0"),
            "account required pam_permit.so");
    refused(passwords, "right", "did not answer within");
    Files.writeString(pipe, "end\n", StandardOpenOption.WRITE);
  }

  @Test
  void serviceThatIsNotConfiguredLetsNobodyIn() throws IOException {
    Files.createDirectories(directory.resolve("empty"));
    SystemPasswords passwords =
        new SystemPasswords(Optional.of(library()), "test", directory.resolve("empty"), LONG);
    refused(passwords, "right", "PAM service 'test': ");
  }

  @Test
  void machineWithoutPamSaysSo() {
    SystemPasswords passwords = new SystemPasswords(Optional.empty(), "login", null, LONG);
    refused(passwords, "right", "this machine has no libpam.so.0");
  }

  @Test
  void serviceOfTheMachineRefusesAWrongPassword() {
    library();
    refused(SystemPasswords.ofThisMachine(), "surely not the password", "PAM service '");
  }
}
