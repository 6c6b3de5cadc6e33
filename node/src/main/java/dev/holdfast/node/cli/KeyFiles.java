package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Files of keys: their names, and how they are read and written. */
final class KeyFiles {
  /** In the configuration directory. */
  static final String ENCRYPTION_KEY = "encryption-key.json";

  /** In the configuration directory, and where a new one is written. */
  static final String MASTER_PUBLIC = "master-public.pem";

  static final String MASTER_PRIVATE = "master-private.pem";

  static final int PEM_BYTES_MAX = 64 << 10;

  private KeyFiles() {}

  /** At most one byte more than {@code bytesMax}, which whoever parses it then refuses. */
  static byte[] read(Path path, int bytesMax) {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(bytesMax + 1);
    } catch (NoSuchFileException e) {
      throw new BackupException(Kind.NOT_FOUND, "unable to read '" + path + "': not there", e);
    } catch (AccessDeniedException e) {
      throw new BackupException(Kind.PERMISSION, "unable to read '" + path + "': no permission", e);
    } catch (IOException e) {
      throw new BackupException(
          Kind.INTERNAL, "unable to read '" + path + "': " + e.getMessage(), e);
    }
  }

  /** A key file, or what was typed or scanned from a paper key. */
  static KeyFile readKey(Path path) {
    try {
      return KeyFileJson.parse(PaperKey.unframed(read(path, KeyFileJson.BYTES_MAX)));
    } catch (BackupException e) {
      throw named(path, e);
    }
  }

  /** The key in it; asks for a passphrase if it is wrapped. */
  static EncryptionKey open(Terminal terminal, KeyFile file, Path path) {
    try {
      return file.open(() -> Passphrases.ofKey(terminal));
    } catch (BackupException e) {
      throw named(path, e);
    }
  }

  private static BackupException named(Path path, BackupException e) {
    return e.text().contains("'" + path + "'")
        ? e
        : new BackupException(e.kind(), "key '" + path + "': " + e.text(), e).withFactsOf(e);
  }

  /** The named one, or the user's own, which need not be there. */
  static Path orDefault(Terminal terminal, @Nullable Path named, String name) {
    return named != null
        ? named
        : ClientFiles.configuration(terminal, name)
            .orElseThrow(
                () ->
                    new UsageException(
                        "no key file was named, and there is no home to look in",
                        "Name a file, or set $HOME."));
  }

  /** The named one, or the user's own, which must be there. */
  static Path existing(Terminal terminal, @Nullable Path named, String name) {
    Path path = orDefault(terminal, named, name);
    if (named == null && !Files.exists(path)) {
      throw BackupException.notFound("no key file was named, and '" + path + "' is not there")
          .advise("Name one, or make the usual one with `holdfast key create`.");
    }
    return path;
  }

  /** A new file of mode 0600. What is there already is never replaced: it may be the only one. */
  static void create(Path path, byte[] content) throws IOException {
    requireAbsent(path);
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    try {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      throw exists(path);
    }
    replace(path, content);
  }

  static void requireAbsent(Path path) {
    if (Files.exists(path)) {
      throw exists(path);
    }
  }

  private static BackupException exists(Path path) {
    return new BackupException(
            Kind.ALREADY_EXISTS, "Unable to store key file '" + path + "' - it is there already")
        .advise("Name another file, or move that one away.");
  }

  /** Whole or as before, mode 0600. */
  static void replace(Path path, byte[] content) throws IOException {
    // A link stays one.
    Path target = Files.exists(path) ? path.toRealPath() : path;
    ClientFiles.write(target, new String(content, StandardCharsets.UTF_8));
  }
}
