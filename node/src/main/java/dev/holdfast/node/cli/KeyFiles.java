package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Names and reading of files of keys, which are small. */
final class KeyFiles {
  /** In the configuration directory. */
  static final String ENCRYPTION_KEY = "encryption-key.json";

  /** In the configuration directory, and where a new one is written. */
  static final String MASTER_PUBLIC = "master-public.pem";

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
}
