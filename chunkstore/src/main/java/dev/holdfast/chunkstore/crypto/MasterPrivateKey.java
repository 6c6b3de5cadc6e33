package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.function.Supplier;
import javax.crypto.Cipher;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/**
 * A master key, {@code master-private.pem}: kept away from the machines that back up, and needed
 * only when an encryption key was lost (spec/formats.md §3.3).
 */
public final class MasterPrivateKey {
  private static final int BITS = 4096;
  private static final String ENCRYPTED = "ENCRYPTED PRIVATE KEY";
  private static final String PKCS8 = "PRIVATE KEY";
  private static final String PKCS1 = "RSA PRIVATE KEY";
  private static final String EXPECTED = "an RSA private key ('" + ENCRYPTED + "')";

  private final RSAPrivateCrtKey key;

  private MasterPrivateKey(RSAPrivateCrtKey key) {
    this.key = key;
  }

  /** A new one of 4096 bits; takes seconds. */
  public static MasterPrivateKey generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(BITS, random);
      KeyPair pair = generator.generateKeyPair();
      return new MasterPrivateKey((RSAPrivateCrtKey) pair.getPrivate());
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has RSA", e);
    }
  }

  /**
   * From a PEM text: PKCS#8, encrypted or not, or PKCS#1 without encryption.
   *
   * @param passphrase asked only if it is encrypted
   * @throws BackupException UNAUTHENTICATED when the passphrase is wrong, INVALID_INPUT for
   *     anything else than an RSA private key
   */
  public static MasterPrivateKey parse(byte[] pem, Supplier<Secret> passphrase) {
    Pem frame = Pem.parse(pem, EXPECTED);
    byte[] pkcs8 =
        switch (frame.type()) {
          case ENCRYPTED -> EncryptedPkcs8.open(frame.content(), passphrase.get());
          case PKCS8 -> frame.content();
          case PKCS1 -> pkcs8(frame.content());
          default ->
              throw BackupException.invalid(
                  "found PEM '" + frame.type() + "', expected " + EXPECTED);
        };
    try {
      if (KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(pkcs8))
          instanceof RSAPrivateCrtKey rsa) {
        return new MasterPrivateKey(rsa);
      }
      throw BackupException.invalid("private key lacks its prime factors");
    } catch (GeneralSecurityException e) {
      throw new BackupException(Kind.INVALID_INPUT, "PEM holds no RSA private key", e);
    }
  }

  private static byte[] pkcs8(byte[] pkcs1) {
    try {
      AlgorithmIdentifier rsa =
          new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);
      return new PrivateKeyInfo(rsa, RSAPrivateKey.getInstance(pkcs1)).getEncoded();
    } catch (IOException | IllegalArgumentException e) {
      throw new BackupException(Kind.INVALID_INPUT, "PEM holds no RSA private key", e);
    }
  }

  /**
   * What was wrapped with the public half.
   *
   * @throws BackupException CORRUPT_DATA when it was not, or is damaged
   */
  public KeyFile unwrap(byte[] wrapped) {
    byte[] text;
    try {
      Cipher rsa = Cipher.getInstance(MasterPublicKey.RSA);
      rsa.init(Cipher.DECRYPT_MODE, key);
      text = rsa.doFinal(wrapped);
    } catch (GeneralSecurityException e) {
      throw new BackupException(
              Kind.CORRUPT_DATA,
              wrapped.length
                  + " bytes that this master key of "
                  + publicKey().bits()
                  + " bits does not open",
              e)
          .advise("They are of another master key, or damaged.");
    }
    return KeyFileJson.parse(text);
  }

  public MasterPublicKey publicKey() {
    try {
      return new MasterPublicKey(
          (java.security.interfaces.RSAPublicKey)
              KeyFactory.getInstance("RSA")
                  .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has RSA", e);
    }
  }

  /** The text of {@code master-private.pem}, encrypted with the passphrase. */
  public String pem(Secret passphrase, SecureRandom random) {
    return new Pem(ENCRYPTED, EncryptedPkcs8.seal(key.getEncoded(), passphrase, random)).print();
  }

  @Override
  public String toString() {
    return "private half of " + publicKey();
  }
}
