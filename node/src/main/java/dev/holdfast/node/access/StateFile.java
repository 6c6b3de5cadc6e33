package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One configuration file and its parsed, immutable value. It is read again when it changed on disk
 * (a stat per access: cheap, and an operator's edit counts at once), and written whole.
 *
 * <p>The digest is what the API calls so: SHA-256 over the file's content, of nothing when it is
 * absent (spec/rest-api.md §1.5).
 */
public final class StateFile<T> {
  private static final String CHANGED =
      "detected modified configuration - file changed by other user? Try again.";

  private final StateDirectory directory;
  private final String name;
  private final Function<String, T> parse;
  private final Function<T, String> format;
  private @Nullable Cached<T> cached;

  /** A value and the digest of the file it came from. */
  public record Loaded<T>(T value, Digest digest) {}

  private record Cached<T>(Loaded<T> loaded, FileOps.@Nullable Stat stat) {}

  /**
   * @param parse gets the empty text when the file is absent; throws INVALID_INPUT
   */
  public StateFile(
      StateDirectory directory,
      String name,
      Function<String, T> parse,
      Function<T, String> format) {
    this.directory = directory;
    this.name = name;
    this.parse = parse;
    this.format = format;
  }

  public Path path() {
    return directory.path().resolve(name);
  }

  public T value() {
    return load().value();
  }

  /** Value and digest; throws CORRUPT_DATA naming the file when it does not parse. */
  public synchronized Loaded<T> load() {
    FileOps.Stat stat = stat();
    Cached<T> last = cached;
    if (last != null && same(last.stat(), stat)) {
      return last.loaded();
    }
    byte[] content = directory.read(name).orElse(new byte[0]);
    Loaded<T> loaded =
        new Loaded<>(parse(new String(content, StandardCharsets.UTF_8)), Digest.sha256(content));
    cached = new Cached<>(loaded, stat);
    return loaded;
  }

  /**
   * Replaces the value.
   *
   * @param expected what the caller saw last, or null when he does not care; a mismatch is refused
   */
  public synchronized T update(@Nullable String expected, UnaryOperator<T> change) {
    Loaded<T> old = load();
    if (expected != null && !expected.equals(old.digest().hex())) {
      throw BackupException.invalid(CHANGED);
    }
    T changed = change.apply(old.value());
    byte[] content = format.apply(changed).getBytes(StandardCharsets.UTF_8);
    // What is written must read back: a value that cannot be parsed again would stop the next
    // start.
    T again = parse(new String(content, StandardCharsets.UTF_8));
    directory.write(name, content);
    cached = new Cached<>(new Loaded<>(again, Digest.sha256(content)), stat());
    return again;
  }

  public T update(UnaryOperator<T> change) {
    return update(null, change);
  }

  private T parse(String text) {
    try {
      return parse.apply(text);
    } catch (BackupException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA, "'" + path() + "': " + e.text(), e);
    }
  }

  private FileOps.@Nullable Stat stat() {
    try {
      return directory.files().stat(path());
    } catch (IOException e) {
      throw new BackupException(
          BackupException.Kind.INTERNAL, "cannot read '" + path() + "': " + e, e);
    }
  }

  private static boolean same(FileOps.@Nullable Stat a, FileOps.@Nullable Stat b) {
    if (a == null || b == null) {
      return a == null && b == null;
    }
    return a.bytes() == b.bytes() && a.modifyTime().equals(b.modifyTime());
  }
}
