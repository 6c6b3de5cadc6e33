package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Fingerprint;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A node's key and certificate, as two PEM texts: PKCS#8 key, certificate (or chain, leaf first).
 * Self-signed EC P-256 by default; an operator may put files of his own in their place.
 */
public final class TlsIdentity {
  /** Names that every certificate answers to (spec/protocols.md §1.2). */
  private static final Set<String> LOCAL_NAMES = Set.of("localhost");

  private static final Set<String> LOCAL_ADDRESSES = Set.of("127.0.0.1", "::1");

  /** Pins, not dates, are what peers trust; an expiry would only stop syncs. As real servers do. */
  private static final Duration LIFETIME = Duration.ofDays(365_000);

  /** A clock behind ours must not see a certificate of the future. */
  private static final Duration BACKDATE = Duration.ofDays(1);

  private final byte[] keyPem;
  private final byte[] certificatePem;
  private final X509Certificate leaf;

  private TlsIdentity(byte[] keyPem, byte[] certificatePem, X509Certificate leaf) {
    this.keyPem = keyPem;
    this.certificatePem = certificatePem;
    this.leaf = leaf;
  }

  /**
   * A new key and a self-signed certificate for it.
   *
   * @param commonName the host's name, also put among the alternative names
   * @param moreNames further host names that clients may use
   */
  public static TlsIdentity generate(
      String commonName, Collection<String> moreNames, Instant now, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair pair = generator.generateKeyPair();
      X509Certificate certificate = selfSign(pair, commonName, moreNames, now, random);
      return new TlsIdentity(
          pem("PRIVATE KEY", pair.getPrivate().getEncoded()),
          pem("CERTIFICATE", certificate.getEncoded()),
          certificate);
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new BackupException(
          BackupException.Kind.INTERNAL, "cannot make a certificate for '" + commonName + "'", e);
    }
  }

  /** The same key with a new self-signed certificate; parameters as for {@link #generate}. */
  public TlsIdentity renewed(
      String commonName, Collection<String> moreNames, Instant now, SecureRandom random) {
    KeyPair pair = new KeyPair(leaf.getPublicKey(), privateKey());
    try {
      X509Certificate certificate = selfSign(pair, commonName, moreNames, now, random);
      return new TlsIdentity(keyPem, pem("CERTIFICATE", certificate.getEncoded()), certificate);
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new BackupException(
          BackupException.Kind.INTERNAL, "cannot make a certificate for '" + commonName + "'", e);
    }
  }

  /**
   * This pair, if a server can use it: the key is that of the certificate, whose time has come and
   * not passed. Throws INVALID_INPUT.
   */
  public TlsIdentity requireUsable(Instant now) {
    if (now.isBefore(leaf.getNotBefore().toInstant())
        || now.isAfter(leaf.getNotAfter().toInstant())) {
      throw BackupException.invalid(
          "the certificate is valid from "
              + leaf.getNotBefore().toInstant()
              + " to "
              + leaf.getNotAfter().toInstant()
              + ", and now it is "
              + now);
    }
    byte[] anything = leaf.getSerialNumber().toByteArray();
    try {
      Signature signature = Signature.getInstance(signatureAlgorithm(leaf.getPublicKey()));
      signature.initSign(privateKey());
      signature.update(anything);
      byte[] signed = signature.sign();
      signature.initVerify(leaf.getPublicKey());
      signature.update(anything);
      if (signature.verify(signed)) {
        return this;
      }
    } catch (GeneralSecurityException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "the key is not that of the certificate", e);
    }
    throw BackupException.invalid("the key is not that of the certificate");
  }

  private static String signatureAlgorithm(PublicKey key) {
    return switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> key.getAlgorithm();
    };
  }

  private static X509Certificate selfSign(
      KeyPair pair,
      String commonName,
      Collection<String> moreNames,
      Instant now,
      SecureRandom random)
      throws GeneralSecurityException, IOException, OperatorCreationException {
    var subject =
        new X500NameBuilder(BCStyle.INSTANCE)
            .addRDN(BCStyle.O, "Holdfast")
            .addRDN(BCStyle.CN, commonName)
            .build();
    // 128 random bits, positive and not zero.
    BigInteger serial = new BigInteger(127, random).add(BigInteger.ONE);
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            subject,
            serial,
            Date.from(now.minus(BACKDATE)),
            Date.from(now.plus(LIFETIME)),
            subject,
            pair.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    Set<String> hosts = new LinkedHashSet<>(LOCAL_NAMES);
    hosts.add(commonName);
    hosts.addAll(moreNames);
    var names = new java.util.ArrayList<GeneralName>();
    hosts.forEach(host -> names.add(new GeneralName(GeneralName.dNSName, host)));
    LOCAL_ADDRESSES.forEach(address -> names.add(new GeneralName(GeneralName.iPAddress, address)));
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(names.toArray(GeneralName[]::new)));
    var signer =
        new JcaContentSignerBuilder(signatureAlgorithm(pair.getPublic())).build(pair.getPrivate());
    return parseLeaf(builder.build(signer).getEncoded());
  }

  /** Reads the two files; a leaf that cannot be read is an error that names its file. */
  public static TlsIdentity load(Path keyFile, Path certificateFile) {
    byte[] key = readFile(keyFile);
    byte[] certificate = readFile(certificateFile);
    if (!new String(key, StandardCharsets.ISO_8859_1).contains("PRIVATE KEY-----")) {
      throw BackupException.invalid(keyFile + ": found no PEM private key, expected one");
    }
    try {
      return new TlsIdentity(key, certificate, parseLeaf(certificate));
    } catch (GeneralSecurityException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          certificateFile + ": found no PEM certificate, expected one: " + e.getMessage(),
          e);
    }
  }

  private static byte[] readFile(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new BackupException(
          BackupException.Kind.NOT_FOUND, "cannot read " + file + ": " + e, e);
    }
  }

  private static X509Certificate parseLeaf(byte[] pemOrDer) throws GeneralSecurityException {
    Certificate first =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pemOrDer));
    return (X509Certificate) first;
  }

  private static byte[] pem(String label, byte[] der) {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return ("-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** For Vert.x's server options. */
  public KeyCertOptions keyCertOptions() {
    return new PemKeyCertOptions()
        .addKeyValue(Buffer.buffer(keyPem))
        .addCertValue(Buffer.buffer(certificatePem));
  }

  /** The private key, to sign with; parsed anew at each call. */
  public PrivateKey privateKey() {
    try (PEMParser parser =
        new PEMParser(
            new InputStreamReader(new ByteArrayInputStream(keyPem), StandardCharsets.US_ASCII))) {
      // OpenSSL writes EC parameters before an EC key.
      Object found = parser.readObject();
      while (found != null
          && !(found instanceof PrivateKeyInfo)
          && !(found instanceof PEMKeyPair)) {
        found = parser.readObject();
      }
      JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
      return switch (found) {
        case PrivateKeyInfo pkcs8 -> converter.getPrivateKey(pkcs8);
        case PEMKeyPair pair -> converter.getKeyPair(pair).getPrivate();
        case null, default -> throw new IOException("no unencrypted private key");
      };
    } catch (IOException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "the node's private key cannot be read", e);
    }
  }

  public X509Certificate certificate() {
    return leaf;
  }

  /** What peers pin: SHA-256 over the leaf's DER. */
  public Fingerprint fingerprint() {
    try {
      return Fingerprint.ofDer(leaf.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a parsed certificate has its encoding", e);
    }
  }

  /** The private key in PEM, a copy, to be kept where nobody but its owner reads it. */
  public byte[] keyPem() {
    return keyPem.clone();
  }

  /** The certificate (chain) in PEM, a copy. */
  public byte[] certificatePem() {
    return certificatePem.clone();
  }
}
