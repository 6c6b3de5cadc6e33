package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Fingerprint;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that the user has accepted, shared with proxmox-backup-client: lines {@code SERVER
 * FINGERPRINT} in {@code ~/.config/proxmox-backup/fingerprints} (spec/protocols.md §1.5).
 */
final class KnownFingerprints {
  private final @Nullable Path file;

  KnownFingerprints(Terminal terminal) {
    this.file = ClientFiles.configuration(terminal, "fingerprints").orElse(null);
  }

  /** Empty for one that was never accepted; a line that makes no sense is passed over. */
  Optional<Fingerprint> find(String server) throws IOException {
    return lines().stream()
        .map(line -> line.strip().split("\\s+", -1))
        .filter(words -> words.length == 2 && words[0].equals(server))
        .map(words -> parse(words[1]))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<Fingerprint> parse(String text) {
    try {
      return Optional.of(Fingerprint.parse(text));
    } catch (BackupException e) {
      return Optional.empty();
    }
  }

  /** In place of what was known of the server. */
  void put(String server, Fingerprint fingerprint) throws IOException {
    if (file == null) {
      return;
    }
    StringBuilder text = new StringBuilder();
    for (String line : lines()) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length == 2 && !words[0].equals(server)) {
        text.append(line).append('\n');
      }
    }
    ClientFiles.write(file, text.append(server + " " + fingerprint + "\n").toString());
  }

  private List<String> lines() throws IOException {
    if (file == null) {
      return List.of();
    }
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Asks whoever sits at the terminal; false where nobody does. */
  static boolean accepted(Terminal terminal, String server, Fingerprint found) {
    Console console = terminal.screen() ? System.console() : null;
    if (console == null) {
      return false;
    }
    terminal.message(
        "The certificate of " + server + " is not known. Its fingerprint is\n  " + found);
    String answer =
        console.readLine("Compare it with `holdfast cert info` there. Trust it? (y/n): ");
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
