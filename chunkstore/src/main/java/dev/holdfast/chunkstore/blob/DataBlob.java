package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.error.BackupException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Encodes and decodes data blobs. Every chunk, every {@code *.blob} file and the manifest is one.
 *
 * <pre>
 *   blob      = magic crc [ iv tag ] payload
 *   magic     8 bytes, see {@link BlobKind}
 *   crc       u32, little-endian: CRC-32 (zlib) of payload alone; iv and tag are not covered
 *   iv, tag   16 bytes each, encrypted kinds only: AES-256-GCM without associated data
 *   payload   kind PLAIN: the data; ZSTD: one zstd frame; ENCRYPTED…: cipher text of either
 * </pre>
 *
 * An empty payload is legal. Compressed bytes are not canonical: they are never hashed or compared.
 * Source: spec/formats.md §2 (proxmox-backup, pbs-datastore/src/file_formats.rs, data_blob.rs).
 *
 * <p>Buffers belong to the caller before and after each call; nothing is kept. All methods may be
 * called from any thread; they use the processor, so never on an event loop.
 */
public final class DataBlob {
  public static final int HEADER_BYTES = 12;
  public static final int ENCRYPTED_HEADER_BYTES = 44;

  /** The largest chunk, four times the usual average; servers refuse more (formats §1.8). */
  public static final int CHUNK_PLAIN_BYTES_MAX = 16 << 20;

  public static final int CHUNK_ENCODED_BYTES_MAX = CHUNK_PLAIN_BYTES_MAX + ENCRYPTED_HEADER_BYTES;

  /** What encoders accept as the content of one blob (formats §2). */
  public static final int BLOB_PLAIN_BYTES_MAX = 128 << 20;

  /** What a server accepts as one uploaded blob (protocols §4.5, POST blob). */
  public static final int BLOB_ENCODED_BYTES_MAX = (16 << 20) + ENCRYPTED_HEADER_BYTES;

  private static final int MAGIC_AT = 0;
  private static final int CRC_AT = 8;

  private static final VarHandle U64_BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle U32_LITTLE_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private DataBlob() {}

  /** As {@link #encodeInto}, in a fresh array of exactly the size of the blob. */
  public static byte[] encode(byte[] plain, int offset, int length, boolean compress) {
    requireEncodable(length);
    byte[] blob = new byte[HEADER_BYTES + length];
    int blobBytes = encodeInto(blob, plain, offset, length, compress);
    return blobBytes == blob.length ? blob : Arrays.copyOf(blob, blobBytes);
  }

  /**
   * Makes a blob of {@code length} bytes of {@code plain}, compressed at zstd level 1 if asked and
   * if that is strictly smaller.
   *
   * @param target has room for {@code length} bytes and {@link #HEADER_BYTES}; the blob begins at
   *     its start
   * @return the size of the blob
   */
  public static int encodeInto(
      byte[] target, byte[] plain, int offset, int length, boolean compress) {
    requireEncodable(length);
    int packed =
        compress ? Zstandard.compressInto(target, HEADER_BYTES, plain, offset, length) : -1;
    if (packed < 0) {
      System.arraycopy(plain, offset, target, HEADER_BYTES, length);
    }
    int blobBytes = HEADER_BYTES + (packed < 0 ? length : packed);
    writeHeader(target, blobBytes, packed < 0 ? BlobKind.PLAIN : BlobKind.ZSTD);
    return blobBytes;
  }

  static void requireEncodable(int length) {
    if (length > BLOB_PLAIN_BYTES_MAX) {
      throw BackupException.invalid("data blob too large (" + length + " bytes).");
    }
  }

  /** Magic and CRC of a blob whose rest is complete. */
  static void writeHeader(byte[] blob, int length, BlobKind kind) {
    U64_BIG_ENDIAN.set(blob, MAGIC_AT, kind.magic());
    putCrc(blob, kind.headerBytes(), length);
  }

  /** What the header says. Throws INVALID_INPUT when there is no whole header of a known kind. */
  public static BlobKind kind(byte[] encoded, int length) {
    if (length < HEADER_BYTES) {
      throw BackupException.invalid("blob too small (" + length + " bytes).");
    }
    BlobKind kind = kindOf((long) U64_BIG_ENDIAN.get(encoded, MAGIC_AT));
    if (kind == null) {
      throw BackupException.invalid("unable to parse raw blob - wrong magic")
          .with("found", HexFormat.of().formatHex(encoded, MAGIC_AT, CRC_AT));
    }
    if (length < kind.headerBytes()) {
      throw BackupException.invalid("encrypted blob too small (" + length + " bytes).");
    }
    return kind;
  }

  /** Throws CORRUPT_DATA when the payload does not have the CRC that the header gives. */
  public static void checkCrc(byte[] encoded, int length) {
    int computed = crc(encoded, kind(encoded, length).headerBytes(), length);
    int stored = (int) U32_LITTLE_ENDIAN.get(encoded, CRC_AT);
    if (stored != computed) {
      throw BackupException.corrupt("Data blob has wrong CRC checksum.")
          .with("found", HexFormat.of().toHexDigits(stored))
          .with("expected", HexFormat.of().toHexDigits(computed));
    }
  }

  /** Computes the CRC anew and writes it into the header. */
  public static void writeCrc(byte[] encoded, int length) {
    putCrc(encoded, kind(encoded, length).headerBytes(), length);
  }

  /**
   * The content, after checking header and CRC. Never allocates more than {@code plainBytesMax} for
   * it.
   *
   * @throws BackupException INVALID_INPUT for a wrong header or an encrypted kind, CORRUPT_DATA for
   *     a wrong CRC, a bad zstd frame or too much content
   */
  public static byte[] decode(byte[] encoded, int length, int plainBytesMax) {
    BlobKind kind = plainKind(encoded, length);
    checkCrc(encoded, length);
    return content(encoded, length, kind, plainBytesMax);
  }

  /**
   * As {@link #decode} for a content whose length is known, which goes to the start of {@code
   * target}.
   *
   * @param plainBytes at most the target's length and {@link #CHUNK_PLAIN_BYTES_MAX}
   * @return the length of the content; when it is not the one expected, the target holds nothing
   */
  public static int decodeInto(byte[] target, byte[] encoded, int length, int plainBytes) {
    BlobKind kind = plainKind(encoded, length);
    checkCrc(encoded, length);
    return contentInto(target, kind, encoded, HEADER_BYTES, length - HEADER_BYTES, plainBytes);
  }

  /** Of a payload in the clear, as {@link #decodeInto} gives it out. */
  static int contentInto(
      byte[] target, BlobKind kind, byte[] payload, int offset, int length, int plainBytes) {
    if (kind.compressed()) {
      return Zstandard.decompressExpecting(target, payload, offset, length, plainBytes);
    }
    if (length == plainBytes) {
      System.arraycopy(payload, offset, target, 0, plainBytes);
    }
    return length;
  }

  private static BlobKind plainKind(byte[] encoded, int length) {
    BlobKind kind = kind(encoded, length);
    if (kind.encrypted()) {
      throw BackupException.invalid("data blob is encrypted, expected a plain one")
          .advise("Use the encryption key that this backup was made with.");
    }
    return kind;
  }

  /** As {@link #decode} for a kind already known to be plain, without looking at the CRC. */
  static byte[] content(byte[] encoded, int length, BlobKind kind, int plainBytesMax) {
    if (kind.compressed()) {
      return Zstandard.decompress(encoded, HEADER_BYTES, length - HEADER_BYTES, plainBytesMax);
    }
    if (length - HEADER_BYTES > plainBytesMax) {
      throw tooMuch(length - HEADER_BYTES, plainBytesMax);
    }
    return Arrays.copyOfRange(encoded, HEADER_BYTES, length);
  }

  static BackupException tooMuch(long bytes, int bytesMax) {
    return BackupException.corrupt(
        "data blob holds at least " + bytes + " bytes, expected at most " + bytesMax);
  }

  private static void putCrc(byte[] blob, int from, int to) {
    U32_LITTLE_ENDIAN.set(blob, CRC_AT, crc(blob, from, to));
  }

  private static int crc(byte[] bytes, int from, int to) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }

  private static @Nullable BlobKind kindOf(long magic) {
    for (BlobKind kind : BlobKind.values()) {
      if (kind.magic() == magic) {
        return kind;
      }
    }
    return null;
  }
}
