package dev.holdfast.chunkstore.blob;

/** The four forms of a data blob, told apart by their magic (spec/formats.md §2.1). */
public enum BlobKind {
  PLAIN(0x42ab3807be8370a1L, false, false),
  ZSTD(0x31b958426fb6a37fL, true, false),
  ENCRYPTED(0x7b6785be222d4cf0L, false, true),
  ENCRYPTED_ZSTD(0xe6591bbf0bbfd80bL, true, true);

  private final long magic;
  private final boolean compressed;
  private final boolean encrypted;

  BlobKind(long magic, boolean compressed, boolean encrypted) {
    this.magic = magic;
    this.compressed = compressed;
    this.encrypted = encrypted;
  }

  /** The first eight bytes of the blob, as a big-endian number. */
  long magic() {
    return magic;
  }

  /** Where the payload starts and the CRC begins to count. */
  public int headerBytes() {
    return encrypted ? DataBlob.ENCRYPTED_HEADER_BYTES : DataBlob.HEADER_BYTES;
  }

  public boolean encrypted() {
    return encrypted;
  }

  /** For encrypted kinds: what is inside the cipher text is compressed. */
  public boolean compressed() {
    return compressed;
  }
}
