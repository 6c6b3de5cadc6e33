package dev.holdfast.replication.mesh.tunnel;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.util.Set;

/**
 * How the caller of a tunnel proves which node it is, after the upgrade and inside TLS, so that the
 * public port never asks a browser for a certificate (design.md §7):
 *
 * <pre>
 * server: nonce            32 random bytes
 * caller: certBytes        u16, big-endian, 1 … 8192
 *         signatureBytes   u16, big-endian, 1 … 1024
 *         certificate      DER
 *         signature        over "holdfast-mesh-v1" ‖ nonce ‖ SHA-256 of the server's certificate
 * server: verdict          0 = welcome, from here on the member's bytes; 1 = refused, then it closes
 * </pre>
 *
 * The nonce makes each proof good once. The server's fingerprint in it makes it good for that
 * server only: who is called by a node cannot use its proof to call another.
 */
final class TunnelProof {
  static final String PROTOCOL = "holdfast-mesh-v1";
  static final int NONCE_BYTES = 32;
  static final int LENGTHS_BYTES = 4;
  static final byte WELCOME = 0;
  static final byte REFUSED = 1;

  /** A self-signed one has 400 to 1500 bytes; one of a company's authority seldom 4000. */
  static final int CERTIFICATE_BYTES_MAX = 8192;

  /** RSA with 8192 bits. */
  static final int SIGNATURE_BYTES_MAX = 1024;

  /** How much follows the lengths. */
  record Lengths(int certificateBytes, int signatureBytes) {
    int sum() {
      return certificateBytes + signatureBytes;
    }
  }

  private TunnelProof() {}

  /** The caller's message. */
  static byte[] encode(TlsIdentity identity, byte[] nonce, Fingerprint server) {
    byte[] certificate = der(identity);
    byte[] signature = sign(identity.privateKey(), nonce, server);
    return ByteBuffer.allocate(LENGTHS_BYTES + certificate.length + signature.length)
        .order(ByteOrder.BIG_ENDIAN)
        .putShort((short) certificate.length)
        .putShort((short) signature.length)
        .put(certificate)
        .put(signature)
        .array();
  }

  static Lengths decodeLengths(byte[] four) {
    ByteBuffer buffer = ByteBuffer.wrap(four).order(ByteOrder.BIG_ENDIAN);
    int certificateBytes = Short.toUnsignedInt(buffer.getShort());
    int signatureBytes = Short.toUnsignedInt(buffer.getShort());
    if (certificateBytes < 1
        || certificateBytes > CERTIFICATE_BYTES_MAX
        || signatureBytes < 1
        || signatureBytes > SIGNATURE_BYTES_MAX) {
      throw untrusted(
          "its proof announces a certificate of "
              + certificateBytes
              + " and a signature of "
              + signatureBytes
              + " bytes: expected at most "
              + CERTIFICATE_BYTES_MAX
              + " and "
              + SIGNATURE_BYTES_MAX);
    }
    return new Lengths(certificateBytes, signatureBytes);
  }

  /**
   * Checks the caller's message and tells whose it is. Costs one signature verification, so not on
   * an event loop.
   *
   * @param body certificate and signature
   */
  static Fingerprint verify(
      Lengths lengths, byte[] body, byte[] nonce, Fingerprint server, Set<Fingerprint> pins) {
    byte[] der = new byte[lengths.certificateBytes()];
    byte[] signature = new byte[lengths.signatureBytes()];
    ByteBuffer.wrap(body).get(der).get(signature);
    Fingerprint caller = Fingerprint.ofDer(der);
    if (!pins.contains(caller)) {
      throw untrusted("its certificate " + caller + " is not the fingerprint of any peer");
    }
    try {
      Certificate certificate =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
      PublicKey key = certificate.getPublicKey();
      Signature verifier = Signature.getInstance(algorithm(key));
      verifier.initVerify(key);
      verifier.update(signed(nonce, server));
      if (!verifier.verify(signature)) {
        throw untrusted("its signature does not belong to its certificate " + caller);
      }
      return caller;
    } catch (GeneralSecurityException e) {
      throw untrusted("its proof cannot be checked: " + e.getMessage());
    }
  }

  private static byte[] der(TlsIdentity identity) {
    try {
      return identity.certificate().getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a parsed certificate has its encoding", e);
    }
  }

  private static byte[] sign(PrivateKey key, byte[] nonce, Fingerprint server) {
    try {
      Signature signer = Signature.getInstance(algorithm(key));
      signer.initSign(key);
      signer.update(signed(nonce, server));
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new BackupException(Kind.INTERNAL, "cannot sign with the node's own key", e);
    }
  }

  /** Nodes make EC keys; an operator may bring RSA. */
  private static String algorithm(Key key) {
    return switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "Ed25519", "EdDSA" -> "Ed25519";
      default -> "SHA256withECDSA";
    };
  }

  private static byte[] signed(byte[] nonce, Fingerprint server) {
    byte[] protocol = PROTOCOL.getBytes(StandardCharsets.US_ASCII);
    byte[] serverDigest = server.digest().bytes();
    return ByteBuffer.allocate(protocol.length + nonce.length + serverDigest.length)
        .put(protocol)
        .put(nonce)
        .put(serverDigest)
        .array();
  }

  private static BackupException untrusted(String why) {
    return new BackupException(Kind.PEER_UNTRUSTED, "the caller of the tunnel is refused: " + why);
  }
}
