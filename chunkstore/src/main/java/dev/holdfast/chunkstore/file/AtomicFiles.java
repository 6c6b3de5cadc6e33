package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Replaces whole files so that a reader sees the old content or the new, never a part: write beside
 * the target, rename over it (spec/formats.md §1.3). May be called from any thread.
 *
 * <pre>
 * index.json.blob → index.json.tmp_aB3dE9     the last extension is replaced
 * .gc-status      → .gc-status.tmp_aB3dE9     a leading dot begins no extension
 * owner           → owner.tmp_aB3dE9
 * </pre>
 */
public final class AtomicFiles {
  /** Mode of every data file of a datastore (spec/formats.md §1.1). */
  public static final int DATA_MODE = 0644;

  /** Mode of a file that only its owner may read. */
  public static final int PRIVATE_MODE = 0600;

  /** What every temporary name contains after the target's stem. */
  public static final String MARK = ".tmp_";

  private static final Pattern TEMPORARY = Pattern.compile(".*\\.tmp_[A-Za-z0-9]+");
  private static final int SUFFIX_LENGTH = 6;
  private static final int NAME_ATTEMPTS_MAX = 16;
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private final FileOps files;
  private final int mode;
  private final RandomGenerator random;

  /**
   * @param mode of every file from its first moment
   * @param random needs not be thread-safe; it only has to make names that rarely collide
   */
  public AtomicFiles(FileOps files, int mode, RandomGenerator random) {
    this.files = files;
    this.mode = mode;
    this.random = random;
  }

  /**
   * Whether a file of that name is one that its writer left unfinished, or still writes. No name of
   * an archive is: those have an extension.
   */
  public static boolean isTemporary(String name) {
    return TEMPORARY.matcher(name).matches();
  }

  /** Puts the content in place; durable before it returns when asked. */
  public void replace(Path target, byte[] content, boolean durable) throws IOException {
    replace(target, content, content.length, durable);
  }

  public void replace(Path target, byte[] content, int length, boolean durable) throws IOException {
    commit(stage(target, content, length, durable), target, durable);
  }

  /**
   * Writes the content under a temporary name beside the target and returns that name. The caller
   * commits or deletes it. After an error nothing is left.
   */
  public Path stage(Path target, byte[] content, int length, boolean durable) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Path temporary = temporaryName(target, suffix());
      FileOps.WritableFile file;
      try {
        file = files.create(temporary, mode);
      } catch (FileAlreadyExistsException e) {
        if (attempt == NAME_ATTEMPTS_MAX) {
          throw e;
        }
        continue;
      }
      try {
        fill(file, content, length, durable);
        return temporary;
      } catch (IOException | RuntimeException e) {
        discard(temporary, e);
        throw e;
      }
    }
  }

  /** Renames what was staged over the target; after an error the staged file is gone. */
  public void commit(Path temporary, Path target, boolean durable) throws IOException {
    try {
      files.rename(temporary, target);
    } catch (IOException | RuntimeException e) {
      discard(temporary, e);
      throw e;
    }
    Path directory = target.getParent();
    if (durable && directory != null) {
      files.syncDirectory(directory);
    }
  }

  /** The name that is used beside the target while its new content is written. */
  static Path temporaryName(Path target, String suffix) {
    String name = String.valueOf(target.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot <= 0 ? name : name.substring(0, dot);
    return target.resolveSibling(stem + MARK + suffix);
  }

  private static void fill(FileOps.WritableFile file, byte[] content, int length, boolean durable)
      throws IOException {
    try (file) {
      ByteBuffer left = ByteBuffer.wrap(content, 0, length);
      while (left.hasRemaining()) {
        file.write(left);
      }
      if (durable) {
        file.force();
      }
    }
  }

  private void discard(Path temporary, Exception reason) {
    try {
      files.delete(temporary);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  private String suffix() {
    StringBuilder text = new StringBuilder(SUFFIX_LENGTH);
    synchronized (random) {
      for (int i = 0; i < SUFFIX_LENGTH; i++) {
        text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
      }
    }
    return text.toString();
  }
}
