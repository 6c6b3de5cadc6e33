package dev.holdfast.replication.plan;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot list tells about the content of a snapshot without opening it (spec/protocols.md
 * §7.3): enough to know whether asking for its manifest is worth a session.
 *
 * @param comment first line of the notes
 * @param verification {@code ok} or {@code failed}
 * @param files by name, as listed
 */
public record Listing(
    @Nullable String comment, @Nullable String verification, SortedMap<String, FileFact> files) {

  /**
   * One listed file.
   *
   * @param crypt none, encrypt or sign-only; null when the manifest does not list the file
   * @param bytes plain size, or {@link #BYTES_UNKNOWN}
   */
  public record FileFact(@Nullable String crypt, long bytes) {}

  /** For snapshots of which nothing is known, above all unfinished ones. */
  public static final Listing NOTHING = new Listing(null, null, Collections.emptySortedMap());

  /** The size of a file that is listed by its name alone. */
  public static final long BYTES_UNKNOWN = -1;

  private static final String MANIFEST = "index.json.blob";
  private static final String CLIENT_LOG = "client.log.blob";

  public Listing {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /** What a list shows of notes: their first line, null when that is empty. */
  public static @Nullable String commentOf(String notes) {
    return notes.lines().findFirst().filter(line -> !line.isEmpty()).orElse(null);
  }

  /** Whether its last verification found it whole. */
  boolean isVerified() {
    return "ok".equals(verification);
  }

  /** Whether its last verification found damage. */
  boolean isDamaged() {
    return "failed".equals(verification);
  }

  /** Whether every file is; of the manifest only parts can be, and the log does not count. */
  boolean isEncrypted() {
    FileFact manifest = files.get(MANIFEST);
    return manifest != null
        && "sign-only".equals(manifest.crypt())
        && content(files).values().stream().allMatch(file -> "encrypt".equals(file.crypt()));
  }

  /** Plain bytes of all files: the most that a transfer can move. */
  public long bytes() {
    return files.values().stream().mapToLong(f -> Math.max(0, f.bytes())).sum();
  }

  /**
   * Whether the source shows anything that this copy of it lacks. The size of the manifest itself
   * says nothing, because each side may have written its own verification into it; for the same
   * reason a result of the copy's own verification is never a difference.
   */
  boolean lacks(Listing source) {
    boolean verifiedOnlyThere = verification == null && source.verification != null;
    boolean logOnlyThere = source.files.containsKey(CLIENT_LOG) && !files.containsKey(CLIENT_LOG);
    return verifiedOnlyThere
        || logOnlyThere
        || !Objects.equals(comment, source.comment)
        || !content(files).equals(content(source.files));
  }

  private static Map<String, FileFact> content(SortedMap<String, FileFact> files) {
    Map<String, FileFact> content = new TreeMap<>(files);
    content.remove(MANIFEST);
    content.remove(CLIENT_LOG);
    return content;
  }
}
