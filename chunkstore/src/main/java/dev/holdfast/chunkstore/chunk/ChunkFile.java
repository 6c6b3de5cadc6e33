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
public record ChunkFile(Digest digest, Kind kind, FileOps.Stat stat) {
  /** What a name says. */
  public enum Kind {
    CHUNK,
    BAD,
    UNFINISHED
  }

  private static final String BAD_END = ".bad";
  private static final int BAD_NAME_LENGTH = Digest.HEX_LENGTH + ".0".length() + BAD_END.length();

  /** How many bad copies of one chunk are kept. */
  static final int BAD_COPIES_MAX = 10;

  static String badName(Digest digest, int copy) {
    return digest.hex() + "." + copy + BAD_END;
  }

  /** Null for a name that is not ours. */
  static @Nullable Kind kindOf(String name) {
    if (!Digest.startsWithDigest(name)) {
      return null;
    }
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
