package dev.holdfast.chunkstore.crypto;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM as blobs and key files have it: 16 bytes of IV, no associated data, a tag of 16 bytes
 * that stands apart from the cipher text, which is as long as the plain text.
 */
final class AesGcm {
  static final int IV_BYTES = 16;
  static final int TAG_BYTES = 16;

  /**
   * The JDK compiles the loop over one call's blocks only after many calls: whole chunks in one
   * call run at some 30 MiB/s for the first hundred megabytes, slices a hundred times sooner at
   * full speed (prototypes, "The GCM trap").
   */
  private static final int SLICE_BYTES = 64 << 10;

  private AesGcm() {}

  /** Writes as many bytes as it reads; returns the tag. The arrays must not overlap. */
  static byte[] seal(
      byte[] key, byte[] iv, byte[] plain, int offset, int length, byte[] target, int at) {
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, iv);
      int written = 0;
      for (int done = 0; done < length; done += SLICE_BYTES) {
        int slice = Math.min(SLICE_BYTES, length - done);
        written += cipher.update(plain, offset + done, slice, target, at + written);
      }
      byte[] rest = cipher.doFinal(); // less than a block, and the tag
      int restBytes = rest.length - TAG_BYTES;
      System.arraycopy(rest, 0, target, at + written, restBytes);
      return Arrays.copyOfRange(rest, restBytes, rest.length);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has AES-GCM", e);
    }
  }

  /**
   * The plain text, if the tag is that of this key, IV and cipher text.
   *
   * @throws AEADBadTagException if it is not; nothing of the plain text is given out then
   */
  static byte[] open(byte[] key, byte[] iv, byte[] tag, byte[] sealed, int offset, int length)
      throws AEADBadTagException {
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, iv);
      byte[] plain = new byte[length];
      int written = 0;
      for (int done = 0; done < length; done += SLICE_BYTES) {
        int slice = Math.min(SLICE_BYTES, length - done);
        written += cipher.update(sealed, offset + done, slice, plain, written);
      }
      written += cipher.doFinal(tag, 0, TAG_BYTES, plain, written);
      if (written != length) {
        throw new ShortBufferException(written + " bytes of plain text, expected " + length);
      }
      return plain;
    } catch (AEADBadTagException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has AES-GCM", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] iv) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BYTES * Byte.SIZE, iv));
    return cipher;
  }
}
