package dev.holdfast.chunkstore.manifest;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What protects a backup that is being made: nothing, a signature, or encryption and a signature
 * (spec/formats.md §3.4).
 */
public final class Protection {
  public static final Protection NONE = new Protection(CryptMode.NONE, null, BlobCodec.PLAIN);

  private final CryptMode mode;
  private final @Nullable EncryptionKey key;
  private final BlobCodec codec;

  private Protection(CryptMode mode, @Nullable EncryptionKey key, BlobCodec codec) {
    this.mode = mode;
    this.key = key;
    this.codec = codec;
  }

  public static Protection signOnly(EncryptionKey key) {
    return new Protection(CryptMode.SIGN_ONLY, key, BlobCodec.PLAIN);
  }

  /**
   * @param random makes the IV of each chunk and blob
   */
  public static Protection encrypt(EncryptionKey key, SecureRandom random) {
    return new Protection(CryptMode.ENCRYPT, key, BlobCodec.encrypted(key, random));
  }

  public CryptMode mode() {
    return mode;
  }

  /** Null in mode {@code none}. */
  public @Nullable EncryptionKey key() {
    return key;
  }

  /** Makes the chunks and blobs, but those that are said to be plain always. */
  public BlobCodec codec() {
    return codec;
  }

  /** The manifest with its signature, if there is a key to sign with. */
  public Manifest signed(Manifest manifest) {
    return key == null ? manifest : ManifestSignature.sign(manifest, key);
  }

  /**
   * Whether chunks of an archive with this mode have the same names as ours: plain or keyed. Of
   * keyed ones the keys must be the same too, which {@link ManifestSignature#check} tells.
   */
  public boolean namesChunksAs(CryptMode other) {
    return (mode == CryptMode.ENCRYPT) == (other == CryptMode.ENCRYPT);
  }

  @Override
  public String toString() {
    return key == null ? mode.text() : mode.text() + " with " + key;
  }
}
