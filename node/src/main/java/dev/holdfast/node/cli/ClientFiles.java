package dev.holdfast.node.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Where a user's clients keep their files, ours and proxmox-backup-client the same
 * (spec/protocols.md §1.5).
 */
final class ClientFiles {
  private static final String NAME = "proxmox-backup";
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private ClientFiles() {}

  /** A file below {@code ~/.config/proxmox-backup}; empty without a home. */
  static Optional<Path> configuration(Terminal terminal, String name) {
    return terminal
        .variable("XDG_CONFIG_HOME")
        .map(Path::of)
        .filter(Path::isAbsolute)
        .or(() -> terminal.variable("HOME").map(home -> Path.of(home, ".config")))
        .map(directory -> directory.resolve(NAME).resolve(name));
  }

  /** A file that lasts for the session; empty where there is no directory for the user alone. */
  static Optional<Path> runtime(Terminal terminal, String name) {
    return terminal
        .variable("XDG_RUNTIME_DIR")
        .map(Path::of)
        .filter(ClientFiles::isOwnersOnly)
        .map(directory -> directory.resolve(NAME).resolve(name));
  }

  private static boolean isOwnersOnly(Path directory) {
    try {
      return directory.isAbsolute() && Files.getPosixFilePermissions(directory).equals(OWNER_ONLY);
    } catch (IOException e) {
      return false;
    }
  }

  /** With its directories; of mode 0600, whole or as before. */
  static void write(Path file, String text) throws IOException {
    Path directory = file.getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    try (SecretFile target = SecretFile.prepare(file)) {
      target.writeText(text);
    }
  }
}
