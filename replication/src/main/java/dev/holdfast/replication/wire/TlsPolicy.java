package dev.holdfast.replication.wire;

import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.net.TCPSSLOptions;
import java.util.List;
import java.util.Set;

/**
 * What TLS may be, for servers and clients, on every engine: 1.2 and 1.3, forward secrecy,
 * authenticated encryption. Every client in spec/clients.md can do that.
 */
public final class TlsPolicy {
  private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

  /** In the order of a server's preference; TLS 1.3 first. */
  private static final List<String> SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** Read by the JDK and by Netty for BoringSSL, once, when the first engine is made. */
  private static final String GROUPS_PROPERTY = "jdk.tls.namedGroups";

  private static final String GROUPS = "x25519,secp256r1,secp384r1";

  private TlsPolicy() {}

  /** Before the first engine; what an operator has set stays. */
  static void limitGroups() {
    if (System.getProperty(GROUPS_PROPERTY) == null) {
      System.setProperty(GROUPS_PROPERTY, GROUPS);
    }
  }

  /**
   * Turns TLS on, with what is allowed; keys and trust are the caller's to set.
   *
   * @param engine of {@link TlsEngine#options}
   */
  public static <T extends TCPSSLOptions> T apply(T options, SSLEngineOptions engine) {
    options.setSsl(true);
    options.setSslEngineOptions(engine);
    options.setEnabledSecureTransportProtocols(PROTOCOLS);
    SUITES.forEach(options::addEnabledCipherSuite);
    return options;
  }
}
