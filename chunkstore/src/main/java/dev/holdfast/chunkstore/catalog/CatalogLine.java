package dev.holdfast.chunkstore.catalog;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;

/**
 * An entry as one line of text, in the form that proxmox-backup-client's {@code catalog dump} has:
 * letter, quoted path, and of a file its size and time. Nothing in a name can end the line, or
 * reach the terminal.
 */
public final class CatalogLine {
  private static final HexFormat UPPER_HEX = HexFormat.of().withUpperCase();

  private CatalogLine() {}

  /**
   * @param path shown behind {@code ./}
   */
  public static String of(CatalogEntry entry, Bytes path) {
    String line = entry.kind().letter() + " \"./" + escaped(path) + "\"";
    return entry.kind() == CatalogEntry.Kind.FILE
        ? line + " " + entry.bytes() + " " + Instant.ofEpochSecond(entry.modifySeconds())
        : line;
  }

  /** The name with everything escaped that is not printed as itself. */
  public static String escaped(Bytes name) {
    StringBuilder text = new StringBuilder();
    ByteBuffer bytes = ByteBuffer.wrap(name.toArray());
    CharBuffer chars = CharBuffer.allocate(name.length());
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    while (true) {
      CoderResult result = decoder.decode(bytes, chars, true);
      chars.flip();
      chars.codePoints().forEach(c -> escape(c, text));
      chars.clear();
      if (!result.isError()) {
        return text.toString();
      }
      for (int i = 0; i < result.length(); i++) {
        text.append("\\x").append(UPPER_HEX.toHexDigits(bytes.get()));
      }
    }
  }

  private static void escape(int c, StringBuilder text) {
    switch (c) {
      case '\t' -> text.append("\\t");
      case '\r' -> text.append("\\r");
      case '\n' -> text.append("\\n");
      case 0 -> text.append("\\0");
      case '"', '\\' -> text.append('\\').appendCodePoint(c);
      default -> {
        if (isPrintable(c)) {
          text.appendCodePoint(c);
        } else {
          text.append("\\u{").append(Integer.toHexString(c)).append('}');
        }
      }
    }
  }

  /** A mark would be drawn over the character before it. */
  private static boolean isPrintable(int c) {
    return c == ' '
        || switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR,
              Character.NON_SPACING_MARK,
              Character.ENCLOSING_MARK ->
              false;
          default -> true;
        };
  }
}
