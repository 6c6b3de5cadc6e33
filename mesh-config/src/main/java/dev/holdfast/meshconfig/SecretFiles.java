package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files that hold secrets: they must exist, hold something, and be readable by their owner
 * alone. Checked apart from the text, so that a configuration can be reviewed where the secrets are
 * not.
 */
public final class SecretFiles {
  /** A token secret has 36 characters; nobody's secret has more than this. */
  private static final int SECRET_BYTES_MAX = 4096;

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private SecretFiles() {}

  /** Everything wrong with the secret files of a configuration; empty = fine. */
  public static List<Problem> check(MeshConfig config) {
    Problems problems = new Problems("mesh.yaml");
    config
        .peers()
        .forEach(
            (name, peer) ->
                check(
                    peer.secretFile(),
                    MeshConfigReader.secretKey(name),
                    config.origins(),
                    problems));
    config
        .mesh()
        .ifPresent(
            mesh ->
                check(
                    mesh.secretFile(),
                    MeshConfigReader.MESH_SECRET_KEY,
                    config.origins(),
                    problems));
    return problems.sorted();
  }

  /**
   * As {@link #check}, by exception.
   *
   * @throws BackupException INVALID_INPUT listing every problem of {@link #check}, one a line
   */
  public static void require(MeshConfig config) {
    List<Problem> problems = check(config);
    if (!problems.isEmpty()) {
      throw MeshConfigReader.exception(problems);
    }
  }

  private static void check(Path file, String key, Map<String, Origin> origins, Problems problems) {
    Origin at = origins.getOrDefault(key, new Origin(problems.file(), 1, 1));
    String found = "'" + file + "', which ";
    if (!Files.exists(file)) {
      problems.add(
          at,
          key,
          found + "does not exist",
          "a file",
          "Relative paths start at the" + " directory of the configuration file.");
    } else if (!Files.isRegularFile(file)) {
      problems.add(at, key, found + "is not a file", "a file", "");
    } else if (openToOthers(file)) {
      String hint = "Run: chmod 600 " + file;
      problems.add(at, key, found + "others may read or write", "a file for its owner alone", hint);
    } else {
      try {
        read(file);
      } catch (BackupException e) {
        problems.add(at, key, found + "cannot be used", "one line of text", "(" + e.text() + ")");
      }
    }
  }

  private static boolean openToOthers(Path file) {
    try {
      return Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains);
    } catch (UnsupportedOperationException e) {
      return false; // a file system without such modes cannot be asked
    } catch (IOException e) {
      return true; // what cannot be checked is not trusted
    }
  }

  /**
   * The secret in a file, without the blanks and line ends around it.
   *
   * @throws BackupException INVALID_INPUT when it cannot be read, is empty or too long
   */
  public static Secret read(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(SECRET_BYTES_MAX + 1);
    } catch (IOException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "secret file '" + file + "' cannot be read: " + e, e);
    }
    if (bytes.length > SECRET_BYTES_MAX) {
      throw BackupException.invalid(
          "secret file '" + file + "' is larger than " + SECRET_BYTES_MAX + " bytes");
    }
    String text = new String(bytes, StandardCharsets.UTF_8).strip();
    if (text.isEmpty()) {
      throw BackupException.invalid("secret file '" + file + "' is empty");
    }
    return new Secret(text);
  }
}
