package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import org.jspecify.annotations.Nullable;

/**
 * A file of the chunk directory by its name (spec/engine.md §2.5).
 *
 * <pre>
 * &lt;64 hex&gt;              CHUNK
 * &lt;64 hex&gt;.&lt;0-9&gt;.bad      BAD: set aside by a verification
 * &lt;64 hex&gt;.tmp_XXXXXX   UNFINISHED: of a writer, or of one that is gone
 * </pre>
 */
public record ChunkFile(Name name, FileOps.Stat stat) {
  /** What a name says. */
  public enum Kind {
    CHUNK,
    BAD,
    UNFINISHED
  }

  /** A file name that is ours. */
  public record Name(String text, Digest digest, Kind kind) {
    /** Null for one that is not. */
    static @Nullable Name of(String text) {
      Digest digest = Digest.atStart(text);
      if (digest == null) {
        return null;
      }
      Kind kind = kindOf(text);
      return kind == null ? null : new Name(text, digest, kind);
    }
  }

  private static final String BAD_END = ".bad";
  private static final int BAD_NAME_LENGTH = Digest.HEX_LENGTH + ".0".length() + BAD_END.length();

  /** How many bad copies of one chunk are kept. */
  static final int BAD_COPIES_MAX = 10;

  public Digest digest() {
    return name.digest();
  }

  public Kind kind() {
    return name.kind();
  }

  static String badName(Digest digest, int copy) {
    return digest.hex() + "." + copy + BAD_END;
  }

  /** Of a name that begins with a digest, by what follows it. */
  private static @Nullable Kind kindOf(String name) {
    if (name.length() == Digest.HEX_LENGTH) {
      return Kind.CHUNK;
    }
    if (name.length() == BAD_NAME_LENGTH
        && name.endsWith(BAD_END)
        && name.charAt(Digest.HEX_LENGTH) == '.'
        && isDigit(name.charAt(Digest.HEX_LENGTH + 1))) {
      return Kind.BAD;
    }
    return name.startsWith(AtomicFiles.MARK, Digest.HEX_LENGTH) ? Kind.UNFINISHED : null;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
