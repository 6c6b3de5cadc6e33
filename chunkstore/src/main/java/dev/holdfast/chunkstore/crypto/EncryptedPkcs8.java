package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.EncryptionScheme;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;

/**
 * A private key under a passphrase, as OpenSSL writes it: PKCS#8 with PBES2, which is PBKDF2 and
 * AES in CBC mode. Written with AES-256 and HMAC-SHA256; read also with AES-128, AES-192, HMAC-SHA1
 * and HMAC-SHA512. (The JDK's own takes passphrases in ASCII only.)
 */
final class EncryptedPkcs8 {
  private static final int SALT_BYTES = 16;
  private static final int IV_BYTES = 16;

  /** OpenSSL's 2048 are few for a key that opens all backups; any reader takes more. */
  private static final int ITERATIONS = 600_000;

  private static final int ITERATIONS_MAX = 100_000_000;
  private static final int AES_256_BYTES = 32;

  private EncryptedPkcs8() {}

  static byte[] seal(byte[] pkcs8, Secret passphrase, SecureRandom random) {
    byte[] salt = new byte[SALT_BYTES];
    byte[] iv = new byte[IV_BYTES];
    random.nextBytes(salt);
    random.nextBytes(iv);
    AlgorithmIdentifier hmac =
        new AlgorithmIdentifier(PKCSObjectIdentifiers.id_hmacWithSHA256, DERNull.INSTANCE);
    PBES2Parameters parameters =
        new PBES2Parameters(
            new KeyDerivationFunc(
                PKCSObjectIdentifiers.id_PBKDF2, new PBKDF2Params(salt, ITERATIONS, hmac)),
            new EncryptionScheme(NISTObjectIdentifiers.id_aes256_CBC, new DEROctetString(iv)));
    byte[] key = derive(new SHA256Digest(), passphrase, salt, ITERATIONS, AES_256_BYTES);
    try {
      return new EncryptedPrivateKeyInfo(
              new AlgorithmIdentifier(PKCSObjectIdentifiers.id_PBES2, parameters),
              aes(Cipher.ENCRYPT_MODE, key, iv).doFinal(pkcs8))
          .getEncoded();
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError("every JDK has AES", e);
    }
  }

  static byte[] open(byte[] encrypted, Secret passphrase) {
    try {
      EncryptedPrivateKeyInfo info = EncryptedPrivateKeyInfo.getInstance(encrypted);
      AlgorithmIdentifier algorithm = info.getEncryptionAlgorithm();
      require(algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2), algorithm);
      PBES2Parameters parameters = PBES2Parameters.getInstance(algorithm.getParameters());
      KeyDerivationFunc kdf = parameters.getKeyDerivationFunc();
      require(kdf.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBKDF2), algorithm);
      PBKDF2Params pbkdf2 = PBKDF2Params.getInstance(kdf.getParameters());
      int iterations = pbkdf2.getIterationCount().intValueExact();
      require(iterations > 0 && iterations <= ITERATIONS_MAX, algorithm);
      EncryptionScheme scheme = parameters.getEncryptionScheme();
      byte[] iv = ASN1OctetString.getInstance(scheme.getParameters()).getOctets();
      byte[] key =
          derive(
              hash(pbkdf2.getPrf().getAlgorithm()),
              passphrase,
              pbkdf2.getSalt(),
              iterations,
              keyBytes(scheme.getAlgorithm()));
      return aes(Cipher.DECRYPT_MODE, key, iv).doFinal(info.getEncryptedData());
    } catch (BadPaddingException e) {
      throw new BackupException(
              Kind.UNAUTHENTICATED, "the passphrase does not open this private key", e)
          .advise("The passphrase is wrong, or the file is damaged.");
    } catch (GeneralSecurityException | IllegalArgumentException | ArithmeticException e) {
      throw new BackupException(Kind.INVALID_INPUT, "PEM holds no encrypted private key", e);
    }
  }

  private static byte[] derive(
      Digest hash, Secret passphrase, byte[] salt, int iterations, int keyBytes) {
    byte[] password = passphrase.reveal().getBytes(StandardCharsets.UTF_8);
    return Pbkdf2Hmac.derive(hash, password, salt, iterations, keyBytes);
  }

  private static Cipher aes(int mode, byte[] key, byte[] iv) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
    return cipher;
  }

  private static Digest hash(ASN1ObjectIdentifier hmac) {
    if (hmac.equals(PKCSObjectIdentifiers.id_hmacWithSHA1)) {
      return new SHA1Digest();
    }
    if (hmac.equals(PKCSObjectIdentifiers.id_hmacWithSHA256)) {
      return new SHA256Digest();
    }
    if (hmac.equals(PKCSObjectIdentifiers.id_hmacWithSHA512)) {
      return new SHA512Digest();
    }
    throw unsupported(hmac);
  }

  private static int keyBytes(ASN1ObjectIdentifier cipher) {
    if (cipher.equals(NISTObjectIdentifiers.id_aes128_CBC)) {
      return 16;
    }
    if (cipher.equals(NISTObjectIdentifiers.id_aes192_CBC)) {
      return 24;
    }
    if (cipher.equals(NISTObjectIdentifiers.id_aes256_CBC)) {
      return AES_256_BYTES;
    }
    throw unsupported(cipher);
  }

  private static void require(boolean supported, AlgorithmIdentifier algorithm) {
    if (!supported) {
      throw unsupported(algorithm.getAlgorithm());
    }
  }

  private static BackupException unsupported(ASN1ObjectIdentifier algorithm) {
    return new BackupException(
            Kind.UNSUPPORTED_VERSION,
            "private key is encrypted with " + algorithm + ", unknown here")
        .advise("Write it anew with `openssl pkcs8 -topk8 -v2 aes-256-cbc`.");
  }
}
