package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import javax.crypto.Cipher;

/**
 * The public half of a master key, {@code master-public.pem}: with it every backup carries its
 * encryption key, wrapped so that only the owner of the private half can get it back
 * (spec/formats.md §3.3).
 */
public final class MasterPublicKey {
  static final String RSA = "RSA/ECB/PKCS1Padding";
  private static final String PEM_TYPE = "PUBLIC KEY";

  /** What PKCS#1 takes of each message. */
  private static final int PADDING_BYTES = 11;

  private final RSAPublicKey key;

  MasterPublicKey(RSAPublicKey key) {
    this.key = key;
  }

  /** From a PEM text that holds an RSA key as SubjectPublicKeyInfo; INVALID_INPUT otherwise. */
  public static MasterPublicKey parse(byte[] pem) {
    String expected = "an RSA public key ('" + PEM_TYPE + "')";
    Pem frame = Pem.parse(pem, expected);
    if (!frame.type().equals(PEM_TYPE)) {
      throw BackupException.invalid("found PEM '" + frame.type() + "', expected " + expected);
    }
    try {
      return new MasterPublicKey(
          (RSAPublicKey)
              KeyFactory.getInstance("RSA")
                  .generatePublic(new X509EncodedKeySpec(frame.content())));
    } catch (GeneralSecurityException e) {
      throw new BackupException(Kind.INVALID_INPUT, "PEM holds no RSA public key", e);
    }
  }

  /**
   * The content of {@code rsa-encrypted.key.blob}.
   *
   * @param file holds its key as it is
   */
  public byte[] wrap(KeyFile file, SecureRandom random) {
    if (!(file.kdf() instanceof Kdf.None)) {
      throw new IllegalArgumentException("a wrapped key cannot be used without its passphrase");
    }
    byte[] text = KeyFileJson.print(file);
    int room = (bits() + Byte.SIZE - 1) / Byte.SIZE - PADDING_BYTES;
    if (text.length > room) {
      throw BackupException.invalid(
              "master key of "
                  + bits()
                  + " bits has room for "
                  + room
                  + " bytes, an encryption"
                  + " key takes "
                  + text.length)
          .advise("Use a master key of 4096 bits.");
    }
    try {
      Cipher rsa = Cipher.getInstance(RSA);
      rsa.init(Cipher.ENCRYPT_MODE, key, random);
      return rsa.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new BackupException(Kind.INTERNAL, "RSA does not work with this master key", e);
    }
  }

  public int bits() {
    return key.getModulus().bitLength();
  }

  public BigInteger modulus() {
    return key.getModulus();
  }

  public BigInteger exponent() {
    return key.getPublicExponent();
  }

  /** The text of {@code master-public.pem}. */
  public String pem() {
    return new Pem(PEM_TYPE, key.getEncoded()).print();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MasterPublicKey that && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  @Override
  public String toString() {
    return "RSA public key of " + bits() + " bits";
  }
}
