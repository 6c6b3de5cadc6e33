package dev.holdfast.chunkstore.crypto;

import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.params.KeyParameter;

/** PBKDF2 with an HMAC; other than the JDK's, it takes any bytes as a password. */
final class Pbkdf2Hmac {
  private Pbkdf2Hmac() {}

  static byte[] derive(Digest hash, byte[] password, byte[] salt, int iterations, int keyBytes) {
    PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(hash);
    generator.init(password, salt, iterations);
    return ((KeyParameter) generator.generateDerivedParameters(keyBytes * Byte.SIZE)).getKey();
  }
}
