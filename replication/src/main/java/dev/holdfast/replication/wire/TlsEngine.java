package dev.holdfast.replication.wire;

import io.netty.handler.ssl.OpenSsl;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.SSLEngineOptions;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What does TLS's work. BoringSSL moves twice the bytes per CPU-second that the JDK's engine does
 * and needs no warm-up; the JDK's works everywhere.
 */
public enum TlsEngine {
  BORINGSSL {
    @Override
    public boolean available() {
      return OpenSsl.isAvailable();
    }

    @Override
    public SSLEngineOptions options() {
      return new OpenSSLEngineOptions();
    }

    @Override
    public void warmUp() {
      // compiled ahead of time
    }
  },
  JDK {
    @Override
    public boolean available() {
      return true;
    }

    @Override
    public SSLEngineOptions options() {
      return new JdkSSLEngineOptions();
    }

    @Override
    public void warmUp() {
      warmUpGcm();
    }
  };

  static {
    TlsPolicy.limitGroups(); // an engine reads it once, before it can be asked whether it is there
  }

  /** A TLS record's payload at most. */
  private static final int RECORD_BYTES = 16 * 1024;

  /**
   * The JDK's GCM runs at 33 MiB/s until its inner loop is compiled, which takes 3,000 to 5,000
   * records.
   */
  private static final int WARM_UP_RECORDS = 5_000;

  private static final int GCM_IV_BYTES = 12;
  private static final int GCM_TAG_BITS = 128;

  /** BoringSSL where it loads. */
  public static TlsEngine choose() {
    return BORINGSSL.available() ? BORINGSSL : JDK;
  }

  /** Whether this platform has it. */
  public abstract boolean available();

  /** For Vert.x's server and client options. */
  public abstract SSLEngineOptions options();

  /**
   * Gets the engine to full speed: about 1.3 s of CPU on the JDK's engine, nothing on BoringSSL.
   * Called from a background thread after start.
   */
  public abstract void warmUp();

  private static void warmUpGcm() {
    try {
      SecretKeySpec key = new SecretKeySpec(new byte[16], "AES");
      Cipher seal = Cipher.getInstance("AES/GCM/NoPadding");
      Cipher open = Cipher.getInstance("AES/GCM/NoPadding");
      byte[] record = new byte[RECORD_BYTES];
      byte[] iv = new byte[GCM_IV_BYTES];
      for (int i = 0; i < WARM_UP_RECORDS && !Thread.currentThread().isInterrupted(); i++) {
        iv[0] = (byte) i;
        iv[1] = (byte) (i >> 8);
        seal.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(GCM_TAG_BITS, iv));
        byte[] sealed = seal.doFinal(record);
        open.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(GCM_TAG_BITS, iv));
        open.doFinal(sealed);
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES-GCM", e);
    }
  }
}
