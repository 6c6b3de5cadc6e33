package dev.holdfast.chunkstore.blob;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.holdfast.chunkstore.error.BackupException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * zstd frames as blobs hold them: level 1, one frame, no dictionary, with or without the content
 * size in its header (the 3.2 client streams and writes none; spec/formats.md §2.2).
 */
final class Zstandard {
  private static final int LEVEL = 1; // what every PBS client writes

  // The first piece when the frame does not tell its size: most such blobs are small files.
  private static final int UNKNOWN_START_BYTES = 64 << 10;

  private Zstandard() {}

  /**
   * Compresses into {@code target} from {@code at} on and returns the size of the frame, or -1 if
   * it would not be strictly smaller than the input. The target must have room for {@code length}
   * bytes.
   */
  static int compressInto(byte[] target, int at, byte[] plain, int offset, int length) {
    if (length == 0) {
      return -1;
    }
    try {
      return (int) Zstd.compressByteArray(target, at, length - 1, plain, offset, length, LEVEL);
    } catch (ZstdException e) {
      if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
        return -1;
      }
      throw new BackupException(
          BackupException.Kind.INTERNAL, "zstd cannot compress: " + e.getMessage(), e);
    }
  }

  /** The content of one frame; more than {@code bytesMax} of it is refused, never allocated. */
  static byte[] decompress(byte[] source, int offset, int length, int bytesMax) {
    requireSome(length);
    long announced = Zstd.getFrameContentSize(source, offset, length);
    if (announced < 0) {
      return decompressUnknown(source, offset, length, bytesMax);
    }
    if (announced > bytesMax) {
      throw DataBlob.tooMuch(announced, bytesMax);
    }
    byte[] plain = new byte[(int) announced];
    try {
      long size = Zstd.decompressByteArray(plain, 0, plain.length, source, offset, length);
      if (size != announced) {
        throw badFrame("found " + size + " bytes, announced " + announced, null);
      }
      return plain;
    } catch (ZstdException e) {
      throw badFrame(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Like {@link #decompress}, for callers that know the size that must come out: into the start of
   * {@code target}.
   *
   * @param bytesExpected at most the target's length and {@link DataBlob#CHUNK_PLAIN_BYTES_MAX}
   * @return the size of the content; when it is not the one expected, the target holds nothing
   */
  static int decompressExpecting(
      byte[] target, byte[] source, int offset, int length, int bytesExpected) {
    requireSome(length);
    try {
      long size = Zstd.decompressByteArray(target, 0, bytesExpected, source, offset, length);
      if (size == bytesExpected) {
        return bytesExpected;
      }
    } catch (ZstdException e) {
      if (e.getErrorCode() != Zstd.errDstSizeTooSmall()) {
        throw badFrame(String.valueOf(e.getMessage()), e);
      }
    }
    // Rare: a wrong size. Decoded again only to tell how much there is.
    return decompress(source, offset, length, DataBlob.CHUNK_PLAIN_BYTES_MAX).length;
  }

  private static byte[] decompressUnknown(byte[] source, int offset, int length, int bytesMax) {
    byte[] plain = new byte[Math.min(UNKNOWN_START_BYTES, bytesMax)];
    int filled = 0;
    try (ZstdInputStreamNoFinalizer frame =
        new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(source, offset, length))) {
      while (true) {
        if (filled == plain.length) {
          if (filled == bytesMax) {
            if (frame.read() >= 0) {
              throw DataBlob.tooMuch(bytesMax + 1L, bytesMax);
            }
            break;
          }
          plain = Arrays.copyOf(plain, (int) Math.min(bytesMax, 2L * filled));
        }
        int count = frame.read(plain, filled, plain.length - filled);
        if (count < 0) {
          break;
        }
        filled += count;
      }
    } catch (IOException e) {
      throw badFrame(String.valueOf(e.getMessage()), e);
    }
    return filled == plain.length ? plain : Arrays.copyOf(plain, filled);
  }

  // To zstd nothing at all is a valid sequence of no frames.
  private static void requireSome(int length) {
    if (length == 0) {
      throw badFrame("found no bytes", null);
    }
  }

  private static BackupException badFrame(String reason, @Nullable Exception cause) {
    return new BackupException(
        BackupException.Kind.CORRUPT_DATA, "data blob holds no whole zstd frame: " + reason, cause);
  }
}
