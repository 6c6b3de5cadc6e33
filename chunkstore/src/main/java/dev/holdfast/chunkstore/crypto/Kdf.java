package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Locale;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.SCrypt;

/**
 * How a passphrase becomes the key that wraps the key in a key file (spec/formats.md §3.2). What a
 * file asks for is bounded, since it decides how much memory and time opening it takes.
 */
public sealed interface Kdf {
  /** Kinds by the names that users give them. */
  enum Kind {
    NONE,
    SCRYPT,
    PBKDF2;

    /** {@code none}, {@code scrypt}, {@code pbkdf2}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  Kind kind();

  /** The key lies in the file as it is. */
  record None() implements Kdf {
    @Override
    public Kind kind() {
      return Kind.NONE;
    }
  }

  /** The kinds that need a passphrase. */
  sealed interface Wrapping extends Kdf {
    /** 32 bytes. Takes up to seconds of processor time, by design. */
    byte[] derive(Secret passphrase);
  }

  /**
   * scrypt.
   *
   * @param n cost, a power of two
   * @param r block size; 128 · n · r bytes of memory are needed
   * @param p how often it is done
   */
  record Scrypt(int n, int r, int p, Salt salt) implements Wrapping {
    // What PBS writes. Source: proxmox-backup, pbs-key-config/src/lib.rs
    private static final int N_DEFAULT = 65_536;
    private static final int R_DEFAULT = 8;
    private static final int P_DEFAULT = 1;

    /** As far as PBS raises the limit of OpenSSL (spec/formats.md §3.2). */
    private static final long MEMORY_BYTES_MAX = 1025L << 20;

    /** Time grows with it: sixteen times the usual. */
    private static final int P_MAX = 16;

    public Scrypt {
      boolean powerOfTwo = n > 1 && Integer.bitCount(n) == 1;
      if (!powerOfTwo || r < 1 || p < 1 || p > P_MAX || (r == 1 && n >= 1 << 16)) {
        throw BackupException.invalid("scrypt cannot work with n=" + n + ", r=" + r + ", p=" + p);
      }
      if (128L * n * r > MEMORY_BYTES_MAX) {
        throw BackupException.invalid(
            "scrypt with n=" + n + ", r=" + r + " needs more than " + MEMORY_BYTES_MAX + " bytes");
      }
    }

    @Override
    public Kind kind() {
      return Kind.SCRYPT;
    }

    @Override
    public byte[] derive(Secret passphrase) {
      return SCrypt.generate(utf8(passphrase), salt.bytes(), n, r, p, EncryptionKey.BYTES);
    }
  }

  /** PBKDF2 with HMAC-SHA256. */
  record Pbkdf2(int iterations, Salt salt) implements Wrapping {
    /** What PBS writes. Source: as above. */
    private static final int ITERATIONS_DEFAULT = 65_535;

    /** A minute or so. */
    private static final int ITERATIONS_MAX = 100_000_000;

    public Pbkdf2 {
      if (iterations < 1 || iterations > ITERATIONS_MAX) {
        throw BackupException.invalid(
            "PBKDF2 with " + iterations + " iterations, expected 1 … " + ITERATIONS_MAX);
      }
    }

    @Override
    public Kind kind() {
      return Kind.PBKDF2;
    }

    @Override
    public byte[] derive(Secret passphrase) {
      return Pbkdf2Hmac.derive(
          new SHA256Digest(), utf8(passphrase), salt.bytes(), iterations, EncryptionKey.BYTES);
    }
  }

  /** With the parameters that PBS uses and a new salt. */
  static Kdf create(Kind kind, SecureRandom random) {
    return switch (kind) {
      case NONE -> new None();
      case SCRYPT ->
          new Scrypt(Scrypt.N_DEFAULT, Scrypt.R_DEFAULT, Scrypt.P_DEFAULT, Salt.generate(random));
      case PBKDF2 -> new Pbkdf2(Pbkdf2.ITERATIONS_DEFAULT, Salt.generate(random));
    };
  }

  private static byte[] utf8(Secret passphrase) {
    return passphrase.reveal().getBytes(StandardCharsets.UTF_8);
  }
}
