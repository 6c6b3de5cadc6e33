package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SecretBytes;
import java.io.IOException;
import java.nio.file.Files;

/** Keys of the specification and of the vectors. */
public final class TestKeys {
  /** Opens the recorded key files. */
  public static final Secret PASSPHRASE = new Secret("correct horse");

  private TestKeys() {}

  /** {@code 00 01 … 1f}, the key of the specification's examples. */
  public static EncryptionKey ofSpecification() {
    byte[] raw = new byte[EncryptionKey.BYTES];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) i;
    }
    return EncryptionKey.of(new SecretBytes(raw));
  }

  /** The key in a recorded file such as {@code key-none.json}. */
  public static EncryptionKey recorded(String name) throws IOException {
    return recordedFile(name).open(() -> PASSPHRASE);
  }

  public static KeyFile recordedFile(String name) throws IOException {
    return KeyFileJson.parse(Files.readAllBytes(Vectors.file("pbs-3.2.4/" + name)));
  }
}
