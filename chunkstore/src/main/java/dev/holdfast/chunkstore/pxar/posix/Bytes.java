package dev.holdfast.chunkstore.pxar.posix;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An immutable run of bytes: a file name, a link target, an extended attribute. Linux names are
 * bytes without a charset, so that a {@code String} would lose the ones that are not UTF-8.
 *
 * <p>Ordered bytewise, unsigned: the order of children in an archive.
 */
public final class Bytes implements Comparable<Bytes> {
  public static final Bytes EMPTY = new Bytes(new byte[0]);
  private static final byte SLASH = '/';

  private final byte[] value;

  private Bytes(byte[] value) {
    this.value = value;
  }

  /** A copy of the array. */
  public static Bytes of(byte[] value) {
    return new Bytes(value.clone());
  }

  /** A copy of a part of the array. */
  public static Bytes of(byte[] value, int offset, int length) {
    return new Bytes(Arrays.copyOfRange(value, offset, offset + length));
  }

  /** A copy of the next bytes of the buffer, whose position moves on. */
  public static Bytes read(ByteBuffer source, int length) {
    byte[] copy = new byte[length];
    source.get(copy);
    return new Bytes(copy);
  }

  /** The UTF-8 form. */
  public static Bytes of(String text) {
    return new Bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A copy of a part of native memory. */
  static Bytes of(MemorySegment source, long offset, long length) {
    return new Bytes(source.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
  }

  /**
   * The bytes by which the kernel knows a path. {@code Path.toString} goes through the locale's
   * charset, which under LANG=C loses everything that is not ASCII; the URI form, which costs a
   * look at the file, does not.
   */
  public static Bytes of(Path path) {
    Path absolute = path.toAbsolutePath();
    Bytes text = of(absolute.toString());
    return text.isAscii() ? text : ofUri(absolute);
  }

  private static Bytes ofUri(Path absolute) {
    String uri = absolute.toUri().getRawPath();
    byte[] bytes = new byte[uri.length()];
    int length = 0;
    for (int i = 0; i < uri.length(); i++) {
      if (uri.charAt(i) == '%') {
        bytes[length++] = (byte) HexFormat.fromHexDigits(uri, i + 1, i + 3);
        i += 2;
      } else {
        bytes[length++] = (byte) uri.charAt(i);
      }
    }
    if (length > 1 && bytes[length - 1] == SLASH) {
      length--; // toUri marks an existing directory
    }
    return of(bytes, 0, length);
  }

  public int length() {
    return value.length;
  }

  /** The bytes from {@code start} up to and without {@code end}. */
  public Bytes slice(int start, int end) {
    return new Bytes(Arrays.copyOfRange(value, start, end));
  }

  public boolean isEmpty() {
    return value.length == 0;
  }

  public byte at(int index) {
    return value[index];
  }

  public byte[] toArray() {
    return value.clone();
  }

  /** A read-only view. */
  public ByteBuffer buffer() {
    return ByteBuffer.wrap(value).asReadOnlyBuffer();
  }

  public void copyTo(byte[] target, int offset) {
    System.arraycopy(value, 0, target, offset, value.length);
  }

  void copyTo(MemorySegment target) {
    MemorySegment.copy(value, 0, target, ValueLayout.JAVA_BYTE, 0, value.length);
  }

  public void writeTo(OutputStream target) throws IOException {
    target.write(value);
  }

  public boolean contains(byte wanted) {
    for (byte b : value) {
      if (b == wanted) {
        return true;
      }
    }
    return false;
  }

  private boolean isAscii() {
    for (byte b : value) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  public boolean startsWith(Bytes prefix) {
    return value.length >= prefix.value.length
        && Arrays.equals(value, 0, prefix.value.length, prefix.value, 0, prefix.value.length);
  }

  /** {@code this/name}, or the name alone when this is empty. */
  public Bytes resolve(Bytes name) {
    if (value.length == 0) {
      return name;
    }
    byte[] joined = Arrays.copyOf(value, value.length + 1 + name.value.length);
    joined[value.length] = SLASH;
    name.copyTo(joined, value.length + 1);
    return new Bytes(joined);
  }

  /** The text, or null when this is not UTF-8. */
  public @Nullable String utf8() {
    if (isAscii()) { // most names are, and the decoder is a long way round
      return new String(value, StandardCharsets.US_ASCII);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** For people: control characters and bytes that are not UTF-8 appear as {@code \xNN}. */
  @Override
  public String toString() {
    String text = utf8();
    if (text != null && text.chars().noneMatch(Character::isISOControl)) {
      return text;
    }
    StringBuilder shown = new StringBuilder();
    for (byte b : value) {
      if (b >= ' ' && b < 0x7f) {
        shown.append((char) b);
      } else {
        shown.append("\\x").append(HexFormat.of().toHexDigits(b));
      }
    }
    return shown.toString();
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(value, other.value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(value);
  }
}
