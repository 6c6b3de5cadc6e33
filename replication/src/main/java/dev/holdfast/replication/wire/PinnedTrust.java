package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Fingerprint;
import io.vertx.core.net.TrustOptions;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts a server whose leaf certificate has a pinned SHA-256 fingerprint, and nothing else: no
 * authorities, no host names, no first use (spec/protocols.md §1.2, "ours, peers").
 *
 * <p>Pins are asked for at every check, so that a new configuration holds for the next connection.
 * Checked in the handshake and once more after it, so that a resumed TLS session cannot outlive a
 * pin.
 */
public final class PinnedTrust {
  private final Supplier<Set<Fingerprint>> pins;
  private final PinManager manager = new PinManager();

  /**
   * @param pins the pins of now; called on event loops, so it must not block
   */
  public PinnedTrust(Supplier<Set<Fingerprint>> pins) {
    this.pins = pins;
  }

  public static PinnedTrust of(Fingerprint... pins) {
    Set<Fingerprint> fixed = Set.of(pins);
    return new PinnedTrust(() -> fixed);
  }

  /** For Vert.x's client options. */
  public TrustOptions trustOptions() {
    return TrustOptions.wrap(manager);
  }

  /**
   * The check after the handshake: throws PEER_UNTRUSTED unless the first certificate is pinned.
   */
  public void check(List<Certificate> chain) {
    byte[] leaf;
    try {
      leaf = chain.isEmpty() ? null : chain.getFirst().getEncoded();
    } catch (CertificateEncodingException e) {
      throw untrusted("the peer's certificate cannot be read: " + e.getMessage());
    }
    if (leaf == null) {
      throw untrusted("the peer showed no certificate");
    }
    Fingerprint found = Fingerprint.ofDer(leaf);
    Set<Fingerprint> expected = pins.get();
    boolean pinned = false;
    for (Fingerprint pin : expected) {
      // Constant time, though a fingerprint is no secret.
      pinned |= MessageDigest.isEqual(pin.digest().bytes(), found.digest().bytes());
    }
    if (!pinned) {
      throw untrusted(
              "wrong certificate: found fingerprint " + found + ", expected " + list(expected))
          .with("found", found);
    }
  }

  private static String list(Set<Fingerprint> pins) {
    return pins.isEmpty()
        ? "one that is configured, but none is"
        : pins.stream()
            .map(Fingerprint::toString)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(Collectors.joining(" or "));
  }

  private static BackupException untrusted(String message) {
    return new BackupException(BackupException.Kind.PEER_UNTRUSTED, message)
        .advise(
            "Compare with `holdfast cert info` on the peer; if its certificate was replaced, update"
                + " the configured fingerprint.");
  }

  /** The refusal of a pin check inside a handshake's chain of causes, or null. */
  static @Nullable BackupException refusal(Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 20; t = t.getCause()) {
      if (t instanceof BackupException e && e.kind() == BackupException.Kind.PEER_UNTRUSTED) {
        return e;
      }
      depth++;
    }
    return null;
  }

  private final class PinManager extends X509ExtendedTrustManager {
    private void checkServer(X509Certificate[] chain) throws CertificateException {
      try {
        check(List.of(chain));
      } catch (BackupException e) {
        throw new CertificateException(e.text(), e);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      checkServer(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      checkServer(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      checkServer(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("pins are for servers");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      throw new CertificateException("pins are for servers");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("pins are for servers");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
